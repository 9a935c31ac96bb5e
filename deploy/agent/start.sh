# Starts sshd for one key alone, under a host key that the controller knows.
set -eu
(umask 077 && printf '%s\n' "$AGENT_HOST_KEY" >/etc/ssh/ssh_host_ed25519_key)
printf '%s\n' "$AGENT_PUBLIC_KEY" >/etc/ssh/authorized_key
exec env -i /usr/sbin/sshd -D -e -o PasswordAuthentication=no -o PermitRootLogin=no \
    -o AllowUsers=jenkins -o AuthorizedKeysFile=/etc/ssh/authorized_key
