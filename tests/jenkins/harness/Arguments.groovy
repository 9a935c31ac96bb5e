/** What a step, option or condition takes, as the table of words says. */
class Arguments {
    static final Object LATER = new Object() // known only when it runs

    /** Arguments by name: Jenkins gives one without a name to the first that is needed. */
    static Map named(Map known, List given) {
        if (!given) return [:]
        if (given.size() == 1 && given[0] instanceof Map) return given[0]
        given.size() == 1 && known.needs ? [(known.needs[0]): given[0]] : ['without a name': given]
    }

    /** What Jenkins would say against these arguments. */
    static List<String> faults(String name, Map known, Map given, boolean body) {
        def needed = known.needs ?: []
        def takes = needed + (known.takes ?: [])
        def wrong = (given.keySet() - takes).collect { "invalid parameter '$it' of '$name'" }
        wrong += (needed - given.keySet()).collect { "missing parameter '$it' of '$name'" }
        if (body != (known.body ?: false)) wrong << "'$name' takes ${known.body ? 'a' : 'no'} block {}"
        wrong*.toString()
    }
}
