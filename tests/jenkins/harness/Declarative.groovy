import org.codehaus.groovy.ast.ClassCodeVisitorSupport
import org.codehaus.groovy.ast.ClassNode
import org.codehaus.groovy.ast.Parameter
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*
import org.codehaus.groovy.classgen.GeneratorContext
import org.codehaus.groovy.control.CompilePhase
import org.codehaus.groovy.control.SourceUnit
import org.codehaus.groovy.control.customizers.CompilationCustomizer

/**
 * Reads a declarative Jenkinsfile as Jenkins' own parser does, before the CPS engine compiles it:
 * sections become data in `model`, what Jenkins would refuse becomes `faults`. The bodies that run
 * later stay code: the script itself returns them as a list, and the model holds their places in it.
 */
class Declarative extends CompilationCustomizer {
    final Map words
    final List<String> faults = []
    Map model
    private final List<Expression> bodies = []
    private final Set<String> names = []

    Declarative(Map words) {
        super(CompilePhase.CONVERSION)
        this.words = words
    }

    void call(SourceUnit source, GeneratorContext context, ClassNode script) {
        if (!script.script || model != null) return
        def code = script.getMethod('run', Parameter.EMPTY_ARRAY).code
        def root = code.statements.find { it instanceof ExpressionStatement && name(it.expression) == 'pipeline' }
        model = root ? pipeline(root.expression) : [:]
        if (!root) faults << 'no pipeline {} block'
        code.statements.remove(root)
        code.addStatement(new ReturnStatement(new ListExpression(bodies)))
        def declared = model.parameters*.arguments*.name
        new Parameters(source, { line, asked ->
            if (!(asked in declared)) faults << at(line, "parameter '$asked' is not declared")
        }).visitClass(script)
    }

    private Map pipeline(Expression call) {
        def found = sections(call, 'pipeline')
        require(call, found, 'agent', 'stages')
        everything(found) + [stages: stages(found.stages)]
    }

    private List stages(Expression section) {
        def all = section ? calls(section).collect { it.name == 'stage' ? stage(it) : refuse(it.node, "expected a stage, found '$it.name'") } : []
        if (section && !all) refuse(section, 'no stages')
        all.findAll()
    }

    private Map stage(Map call) {
        def found = sections(call.node, 'stage')
        if (found.containsKey('steps') == found.containsKey('stages')) {
            refuse(call.node, "expected one of 'steps' or 'stages' in the stage")
        }
        calls(found.options).each {
            if (!words.options[it.name]?.stage) refuse(it.node, "option '$it.name' is not for a stage")
        }
        def name = value(call.arguments[0])
        if (!names.add(name)) refuse(call.node, "duplicate stage name '$name'")
        everything(found) + [
            name: name,
            when: calls(found.when).collect { word('when', it) },
            stages: found.stages ? stages(found.stages) : null,
            steps: found.steps ? steps(found.steps) : null,
        ]
    }

    /** What a pipeline and a stage share. */
    private Map everything(Map found) {
        [
            agent: found.agent ? agent(found.agent) : null,
            parameters: calls(found.parameters).collect { word('parameters', it) },
            triggers: calls(found.triggers).collect { word('triggers', it) },
            options: calls(found.options).collect { word('options', it) },
            environment: found.environment ? environment(found.environment) : [],
            post: found.post ? post(found.post) : [:],
        ]
    }

    private Map sections(Expression call, String kind) {
        calls(call).inject([:]) { found, section ->
            if (!(section.name in words.sections[kind])) refuse(section.node, "undefined section '$section.name' in the $kind")
            if (found.containsKey(section.name)) refuse(section.node, "multiple occurrences of the section '$section.name'")
            found + [(section.name): section.node]
        }
    }

    private void require(Expression call, Map found, String... names) {
        names.findAll { !found.containsKey(it) }.each { refuse(call, "missing required section '$it'") }
    }

    private agent(Expression call) {
        def arguments = call.arguments.expressions
        if (arguments[0] instanceof VariableExpression && arguments[0].name in ['any', 'none']) return arguments[0].name
        def inner = calls(call)
        if (inner*.name != ['label']) return refuse(call, "expected 'any', 'none' or one label for the agent")
        value(inner[0].arguments[0])
    }

    private List environment(Expression call) {
        statements(call).collect {
            def line = it instanceof ExpressionStatement ? it.expression : null
            if (!(line instanceof BinaryExpression) || line.operation.text != '=') {
                return refuse(it, 'expected NAME = value in the environment')
            }
            def given = line.rightExpression
            def credentials = name(given) ? word('environment', asCall(given)) : null
            [name: line.leftExpression.name, credentials: credentials?.arguments?.id, value: credentials ? null : keep(closure(given))]
        }
    }

    private Map post(Expression call) {
        def conditions = calls(call)
        if (!conditions) refuse(call, "expected a condition in 'post'")
        conditions.collectEntries {
            if (!(it.name in words.post)) refuse(it.node, "invalid condition '$it.name' in 'post'")
            [(it.name): steps(it.node)]
        }
    }

    /** The body of steps; outside `script` Jenkins takes nothing but steps, which it knows. */
    private int steps(Expression call) {
        def body = call.arguments.expressions.last()
        check(body)
        keep(body)
    }

    private void check(ClosureExpression body) {
        if (!body.code.statements) refuse(body, 'no steps')
        body.code.statements.each {
            def step = it instanceof ExpressionStatement ? it.expression : null
            if (!name(step)) return refuse(it, 'expected a step')
            def call = asCall(step)
            word('steps', call)
            if (call.body && call.name != 'script') check(call.body)
        }
    }

    /** A call held to the table of words: [name, arguments], with a body if it has one. */
    private Map word(String kind, Map call) {
        def known = words[kind][call.name]
        if (known == null) {
            refuse(call.node, "invalid ${kind == 'steps' ? 'step' : "word in $kind"} '$call.name', known are ${words[kind].keySet().sort()}")
            return [name: call.name, arguments: [:]]
        }
        def given = Arguments.named(known, call.arguments.collect { kind == 'steps' ? places(it) : value(it) })
        Arguments.faults(call.name, known, given, call.body != null).each { refuse(call.node, it) }
        [name: call.name, arguments: given, body: call.body && kind != 'steps' ? keep(call.body) : null]
    }

    // --- from syntax to data ---

    private static String name(Expression it) {
        it instanceof MethodCallExpression && it.implicitThis ? it.methodAsString : null
    }

    private Map asCall(MethodCallExpression node) {
        def arguments = node.arguments instanceof TupleExpression ? node.arguments.expressions : []
        def body = arguments && arguments.last() instanceof ClosureExpression ? arguments.last() : null
        [name: node.methodAsString, arguments: body ? arguments[0..<-1] : arguments, body: body, node: node]
    }

    private List statements(Expression call) {
        def arguments = call.arguments.expressions
        if (!arguments || !(arguments.last() instanceof ClosureExpression)) {
            refuse(call, "expected a block {} after '${name(call)}'")
            return []
        }
        arguments.last().code.statements
    }

    /** The calls in a section's block; none where there is no such section. */
    private List<Map> calls(Expression call) {
        call == null ? [] : statements(call).collect {
            def inner = it instanceof ExpressionStatement ? it.expression : null
            name(inner) ? asCall(inner) : refuse(it, "unexpected code in '${name(call)}'")
        }.findAll()
    }

    private value(Expression it) {
        if (it instanceof ConstantExpression) return it.value
        if (it instanceof ListExpression) return it.expressions.collect { value(it) }
        if (it instanceof MapExpression) return it.mapEntryExpressions.collectEntries { [(value(it.keyExpression)): value(it.valueExpression)] }
        if (name(it)) return [it.methodAsString, *asCall(it).arguments.collect { value(it) }] // logRotator(…)
        refuse(it, "expected a constant, found '$it.text'")
    }

    /** Step arguments are computed when it runs: here only their names and those that are text. */
    private places(Expression it) {
        if (it instanceof MapExpression) return it.mapEntryExpressions.collectEntries { [(value(it.keyExpression)): places(it.valueExpression)] }
        it instanceof ConstantExpression ? it.value : Arguments.LATER
    }

    private static ClosureExpression closure(Expression it) {
        def code = new BlockStatement()
        code.addStatement(new ReturnStatement(it))
        new ClosureExpression(Parameter.EMPTY_ARRAY, code)
    }

    private int keep(Expression body) {
        bodies << body
        bodies.size() - 1
    }

    private refuse(node, String message) {
        faults << at(node.lineNumber, message)
        null
    }

    private static String at(int line, String message) { "line $line: $message" }
}

/** Finds every `params.NAME`. */
class Parameters extends ClassCodeVisitorSupport {
    final SourceUnit sourceUnit
    private final Closure found

    Parameters(SourceUnit source, Closure found) {
        this.sourceUnit = source
        this.found = found
    }

    void visitPropertyExpression(PropertyExpression it) {
        super.visitPropertyExpression(it)
        if (it.objectExpression instanceof VariableExpression && it.objectExpression.name == 'params') found(it.lineNumber, it.propertyAsString)
    }
}
