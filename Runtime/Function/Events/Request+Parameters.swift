extension Request {
    /// The value of a parameter; nil when the request does not have it, the first when it has more than one.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the parameter when the value does not fit the type.
    public func value<Value>(of parameter: RequestParameter<Value>) throws -> Value? {
        try texts(of: parameter).first.map { try read($0, as: parameter) }
    }

    /// All values of a parameter; those of a list may stand in one text, separated by commas.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the parameter when a value does not fit the type.
    public func values<Value>(of parameter: RequestParameter<Value>) throws -> [Value] {
        let texts = texts(of: parameter)
        return try (parameter.isList ? texts.flatMap { $0.split(separator: ",").map(String.init) } : texts)
            .map { try read($0, as: parameter) }
    }

    /// The value of a parameter that has to be there: one of the path.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the parameter when it is missing or does not fit the type.
    public func parameter<Value>(_ parameter: RequestParameter<Value>) throws -> Value {
        guard let value = try value(of: parameter) else {
            throw Failure.invalid("is missing from the \(parameter.place.rawValue)", field: parameter.name)
        }
        return value
    }

    private func texts<Value>(of parameter: RequestParameter<Value>) -> [String] {
        switch parameter.place {
        case .path: parameters[parameter.name].map { [$0] } ?? []
        case .query: query[parameter.name] ?? []
        case .header: headers.values(parameter.name)
        }
    }

    private func read<Value>(_ text: String, as parameter: RequestParameter<Value>) throws -> Value {
        guard let value = Value(parameter: text) else {
            throw Failure.invalid("must be \(Value.parameterKind)", field: parameter.name)
        }
        return value
    }
}
