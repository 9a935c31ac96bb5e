import com.cloudbees.groovy.cps.CpsTransformer
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.MultipleCompilationErrorsException

/**
 * One build of a declarative Jenkinsfile: its stages in order, their conditions, environments and
 * `post`, with the result and the skipping that Jenkins' documentation describes.
 */
class Build {
    static Build current

    final Map scenario
    final Map words
    final Map params = [:]
    final Environment env
    final List<Map> stages = []
    final List<String> mismatches = []
    final List<String> errors = []
    final CurrentBuild currentBuild
    final Steps steps
    String result = 'SUCCESS'
    private Declarative declarative
    private List<Closure> bodies
    private final Cps cps

    Build(Map words, Map scenario) {
        current = this
        this.words = words
        this.scenario = scenario
        env = new Environment(scenario.environment)
        currentBuild = new CurrentBuild()
        cps = new Cps(mismatches, { name, arguments -> steps.perform(name, arguments) })
        steps = new Steps(this, words.steps, cps)
    }

    /** What bare names mean in the Jenkinsfile: these objects first, then the environment. */
    Map variables() {
        [:] + env.all() + [env: env, params: params.asImmutable(), currentBuild: currentBuild, scm: 'the commit to build']
    }

    Map run() {
        def script = compile()
        if (script) {
            try {
                bodies = cps.run(script)
                declarative.model.parameters.each { params[it.arguments.name] = value(it) }
                def undeclared = (scenario.parameters ?: [:]).keySet() - params.keySet()
                if (undeclared) throw new IllegalArgumentException("parameters $undeclared are not declared")
                start()
                params.each { name, value -> env.setProperty(name, value) } // as Jenkins does
                execute(declarative.model + [name: 'pipeline'])
            } catch (Throwable failure) {
                fail(failure)
            }
        }
        [result: result, errors: errors, mismatches: mismatches, stages: stages, steps: steps.done,
         log: steps.masked(), description: currentBuild.description, model: declarative.model]
    }

    /** Only a declared trigger starts a build by itself. */
    private void start() {
        def trigger = ['Started by timer': 'cron', 'Started by an SCM change': 'pollSCM'][scenario.cause]
        if (trigger && !(trigger in declarative.model.triggers*.name)) throw new Abort("nothing declares the trigger $trigger")
        steps.log << "$scenario.cause\n"
    }

    private CpsScript compile() {
        declarative = new Declarative(words)
        def configuration = new CompilerConfiguration(scriptBaseClass: CpsScript.name)
        configuration.addCompilationCustomizers(declarative, new CpsTransformer())
        try {
            def script = new GroovyShell(Build.classLoader, new Binding(), configuration).parse(scenario.jenkinsfile, 'WorkflowScript')
            errors.addAll(declarative.faults)
            if (!errors) return script
        } catch (MultipleCompilationErrorsException failure) {
            errors << failure.message
        }
        result = 'FAILURE'
        null
    }

    private value(Map parameter) {
        def given = scenario.parameters?.get(parameter.arguments.name)
        def choices = parameter.arguments.choices
        if (given != null && choices && !(given in choices)) throw new IllegalArgumentException("Illegal choice for parameter $parameter.arguments.name: $given")
        given != null ? given : choices ? choices[0] : parameter.arguments.defaultValue
    }

    /** The pipeline itself, or a stage in it. Returns whether it went well. */
    private boolean execute(Map part) {
        boolean good = true
        env.within(environment(part)) {
            try {
                if (part.steps != null) cps.run(bodies[part.steps])
                else part.stages.each { inner -> good = stage(inner, good) && good }
            } catch (Throwable failure) {
                good = fail(failure)
            }
            words.post.each { condition ->
                if (part.post[condition] != null && applies(condition, good)) {
                    try {
                        cps.run(bodies[part.post[condition]])
                    } catch (Throwable failure) {
                        good = fail(failure)
                    }
                }
            }
        }
        good
    }

    private boolean stage(Map part, boolean goodSoFar) {
        def entry = [name: part.name, status: 'skipped after a failure', options: part.options*.name]
        stages << entry
        if (!goodSoFar) return false
        boolean wanted = true
        try {
            wanted = part.when.findAll { it.body != null }.every { cps.run(bodies[it.body]) }
        } catch (Throwable failure) {
            entry.status = 'failed'
            return fail(failure)
        }
        if (!wanted) {
            entry.status = 'skipped'
            return true
        }
        def outer = steps.stage
        steps.stage = part.name
        boolean good = execute(part)
        steps.stage = outer
        entry.status = good ? 'ran' : 'failed'
        good
    }

    private boolean applies(String condition, boolean good) {
        switch (condition) {
            case ['always', 'cleanup']: return true
            case 'success': return good
            case ['failure', 'unsuccessful']: return !good
            default: throw new UnsupportedOperationException("the harness does not know former builds: post { $condition }")
        }
    }

    private Map environment(Map part) {
        part.environment.inject([:]) { set, entry ->
            def secret = entry.credentials ? steps.secret(entry.credentials) : null
            def text = secret != null ? secret : env.within(set) { cps.run(bodies[entry.value]) }
            set + [(entry.name): text as String]
        }
    }

    private boolean fail(Throwable failure) {
        result = 'FAILURE'
        def said = failure instanceof Abort ? failure.message : failure.toString()
        if (!(said in errors)) errors << said
        false
    }
}

/** What `env` is: the build's variables, those set by `environment` and `withEnv` over the others. */
class Environment implements Serializable {
    private final Map global = [:]
    private final List<Map> scopes = []

    Environment(Map given) { global.putAll(given ?: [:]) }

    Map all() { scopes.inject(global) { under, over -> under + over } }

    Object within(Map scope, Closure body) {
        scopes << scope
        try {
            return body.call()
        } finally {
            scopes.pop()
        }
    }

    Object getProperty(String name) { all()[name] }

    void setProperty(String name, Object value) { global[name] = value as String }
}

/** What `currentBuild` is. */
class CurrentBuild implements Serializable {
    String description
}
