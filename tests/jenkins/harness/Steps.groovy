import groovy.json.JsonSlurperClassic

/** The steps: shell commands run for real, what only a controller can do is written down. */
class Steps {
    final Build build
    final Map known
    final Cps cps
    final List<Map> done = []
    final StringBuilder log = new StringBuilder()
    String stage = 'pipeline'
    private final Set<String> secrets = []

    Steps(Build build, Map known, Cps cps) {
        this.build = build
        this.known = known
        this.cps = cps
    }

    Object perform(String name, List arguments) {
        if (!known.containsKey(name)) throw new Abort("No such DSL method '$name' found among steps ${known.keySet().sort()}")
        def body = arguments && arguments.last() instanceof Closure ? arguments.last() : null
        def given = Arguments.named(known[name], body ? arguments[0..<-1] : arguments)
        def faults = Arguments.faults(name, known[name], given, body != null)
        if (faults) throw new Abort(faults.join('; '))
        if (name != 'script') done << [stage: stage, step: name] + given.collectEntries { key, value -> [(key): plain(value)] }
        switch (name) {
            case 'sh': return sh(given)
            case 'error': throw new Abort(given.message as String)
            case 'readJSON': return new JsonSlurperClassic().parse(new File(build.scenario.folder, given.file as String))
            case 'script': return cps.run(body)
            case 'withEnv': return build.env.within(given.overrides.collectEntries { (it as String).split('=', 2) as List }) { cps.run(body) }
        }
        null
    }

    private Object sh(Map given) {
        def shell = new ProcessBuilder('sh', '-xe', '-c', given.script as String).directory(new File(build.scenario.folder as String))
        shell.environment().clear()
        shell.environment().putAll(build.env.all())
        shell.redirectInput(new File('/dev/null'))
        if (!given.returnStdout) shell.redirectErrorStream(true)
        def process = shell.start()
        def errors = given.returnStdout ? Thread.start { log << process.errorStream.text } : null
        def output = process.inputStream.text
        errors?.join()
        if (!given.returnStdout) log << output
        int status = process.waitFor()
        if (given.returnStatus) return status
        if (status) throw new Abort("script returned exit code $status")
        given.returnStdout ? output : null
    }

    /** The secret text of a credential; from now on no log shows it. */
    String secret(String id) {
        def secret = build.scenario.credentials?.get(id)
        if (secret == null) throw new Abort("Could not find credentials entry with ID '$id'")
        secrets << secret
        secret
    }

    String masked() { secrets.inject(log.toString()) { text, secret -> text.replace(secret, '****') } }

    private plain(value) { value instanceof GString ? value as String : value instanceof List ? value.collect { plain(it) } : value }
}
