/// What a function says about itself with `--describe`: the only source of routing, of the API document and of
/// deployment files.
package struct FunctionDescription: Sendable, Hashable {
    /// One configuration key that the function reads.
    package struct Key: Sendable, Hashable {
        package var name: String
        package var required: Bool
        package var secret: Bool
        package var summary: String
        package var defaultText: String?
        /// Another variable and the value of it that makes this one required.
        package var neededWith: Need?

        /// A variable's value.
        package struct Need: Sendable, Hashable {
            package var name: String
            package var value: String
        }

        package init(
            name: String, required: Bool, secret: Bool, summary: String, defaultText: String? = nil,
            neededWith: Need? = nil
        ) {
            self.name = name
            self.required = required
            self.secret = secret
            self.summary = summary
            self.defaultText = defaultText
            self.neededWith = neededWith
        }
    }

    package var name: String
    package var protocolVersion: Int
    package var build: String
    package var summary: String
    package var triggers: [Trigger]
    package var limits: Limits
    package var parameters: [Parameter]
    package var environment: [Key]
    package var input: Schema
    package var output: Schema

    package init(
        name: String, protocolVersion: Int = Frame.protocolVersion, build: String = "", summary: String = "",
        triggers: [Trigger], limits: Limits = Limits(), parameters: [Parameter] = [], environment: [Key] = [],
        input: Schema = Schema(), output: Schema = Schema()
    ) {
        self.name = name
        self.protocolVersion = protocolVersion
        self.build = build
        self.summary = summary
        self.triggers = triggers
        self.limits = limits
        self.parameters = parameters
        self.environment = environment
        self.input = input
        self.output = output
    }

    /// The description of a function type.
    package init<F: Function>(of function: F.Type, build: String = "") {
        self.init(
            name: F.name, build: build, summary: F.summary, triggers: F.triggers, limits: F.limits,
            parameters: F.parameters.map(Parameter.init),
            environment: (F.environment + [Log.levelKey]).map {
                Key(
                    name: $0.name, required: $0.required, secret: $0.secret, summary: $0.summary,
                    defaultText: $0.defaultText,
                    neededWith: $0.neededWith.map { Key.Need(name: $0.key, value: $0.value) })
            }, input: F.Input.schema, output: F.Output.schema)
    }
}
