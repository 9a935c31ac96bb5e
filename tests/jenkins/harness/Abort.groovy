/** How a step ends a build: with one line. */
class Abort extends Exception {
    Abort(GString message) { super(message.toString()) }

    Abort(String message) { super(message) }
}
