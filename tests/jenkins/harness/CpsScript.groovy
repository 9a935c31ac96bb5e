import com.cloudbees.groovy.cps.Continuable
import com.cloudbees.groovy.cps.SerializableScript

/** The script that a Jenkinsfile compiles to: a name that it does not know is a step or a variable. */
abstract class CpsScript extends SerializableScript {
    Object invokeMethod(String name, Object arguments) {
        if (metaClass.respondsTo(this, name, *(arguments as Object[]))) return super.invokeMethod(name, arguments)
        Continuable.suspend(name, [name: name, arguments: arguments as List])
    }

    Object getProperty(String name) {
        def variables = Build.current.variables()
        variables.containsKey(name) ? variables[name] : super.getProperty(name)
    }
}
