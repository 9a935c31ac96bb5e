"""Reading from a node that is a cluster of its own, which has no other's answer to think of."""

from cassandra import ConsistencyLevel, InvalidRequest, Unauthorized
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Session

NEAR = (ConsistencyLevel.LOCAL_ONE, ConsistencyLevel.LOCAL_QUORUM)  # of one datacenter alone
NODE_LOCAL = 11  # a consistency level of Cassandra 5; the driver does not know its name
PERMISSION = "cassandra.enable_nodelocal_queries"  # the property by which a node allows it


def read_level(session: Session) -> dict[str, int]:
    """Return the consistency level for an execution profile that reads; none: the session's own.

    At NODE_LOCAL a node answers straight from its storage. At every other level it first packs
    what it read as if for another node and unpacks it again: a third of its work of an unload and
    half that of a count. Of several nodes one alone may lack rows: it takes a lone node that allows
    it, as those that we start do, and a session that asks for LOCAL_ONE or LOCAL_QUORUM.
    """
    own = session.get_execution_profile(EXEC_PROFILE_DEFAULT).consistency_level
    if own not in NEAR or len(session.cluster.metadata.all_hosts()) != 1:
        return {}
    select = "SELECT value FROM system_views.system_properties WHERE name = %s"
    try:
        said = session.execute(select, [PERMISSION]).one()
    except (InvalidRequest, Unauthorized):  # an older Cassandra; one that keeps this to itself
        return {}
    return {"consistency_level": NODE_LOCAL} if said and said[0] == "true" else {}
