import groovy.json.JsonOutput
import groovy.json.JsonSlurperClassic

/** Reads scenarios from the standard input, one JSON object a line; answers each with its build. */
def words = new JsonSlurperClassic().parse(new File(args[0]))
System.in.eachLine('UTF-8') { line ->
    def answer
    try {
        answer = new Build(words, new JsonSlurperClassic().parseText(line)).run()
    } catch (Throwable fault) {
        answer = [fault: fault.toString(), at: fault.stackTrace.take(15)*.toString()]
    }
    println JsonOutput.toJson(answer)
}
