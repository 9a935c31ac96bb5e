import com.cloudbees.groovy.cps.Continuable
import com.cloudbees.groovy.cps.Continuation
import com.cloudbees.groovy.cps.Outcome
import com.cloudbees.groovy.cps.impl.CpsCallableInvocation

/**
 * Runs Jenkinsfile code on Jenkins' CPS engine. At every step the program is suspended and written
 * out whole, as a controller does so that it survives a restart; what cannot be is an error.
 */
class Cps {
    private final Closure perform // a step's name and arguments to its result
    private final List<String> mismatches

    Cps(List<String> mismatches, Closure perform) {
        this.mismatches = mismatches
        this.perform = perform
    }

    Object run(Script script) { finish(new Continuable(script)) }

    Object run(Closure body) {
        try {
            return body.call()
        } catch (CpsCallableInvocation call) {
            return finish(new Continuable(call.invoke(null, null, Continuation.HALT)))
        }
    }

    private Object finish(Continuable program) {
        def outcome = new Outcome(null, null)
        while (true) {
            CpsCallableInvocation.registerMismatchHandler { expected, expectedName, actual, actualName ->
                mismatches << "expected to call $expectedName but wound up catching $actualName".toString()
            }
            outcome = program.run0(outcome, Continuable.categories)
            if (!program.resumable) return outcome.replay()
            def step = outcome.replay()
            write(program, step)
            try {
                outcome = new Outcome(perform(step.name, step.arguments), null)
            } catch (Throwable failure) {
                outcome = new Outcome(null, failure)
            }
        }
    }

    private static void write(Continuable program, Map step) {
        try {
            new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(program)
        } catch (NotSerializableException failure) {
            throw new NotSerializableException("$failure.message is held while '$step.name' runs")
        }
    }
}
