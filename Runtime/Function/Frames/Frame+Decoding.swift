internal import JSON

extension Frame {
    /// Reads a frame from its members.
    ///
    /// - Throws: ``FrameError/malformed(type:id:reason:)`` when something is missing or wrong.
    init(_ members: JSONObject, payload: [UInt8]?) throws(FrameError) {
        let json = JSON.object(members)
        let type = members["type"]?.string ?? ""
        do {
            self = try Self.frame(type, json, payload)
        } catch {
            throw .malformed(type: type, id: members["id"]?.string, reason: error.message)
        }
    }

    private static func frame(_ type: String, _ json: JSON, _ payload: [UInt8]?) throws(Failure) -> Frame {
        switch type {
        case "invoke": .invoke(try Invocation(json, id: try json.id(), payload: payload))
        case "result": try result(json, payload)
        case "chunk": .chunk(id: try json.id(), bytes: payload ?? [])
        case "end": .end(id: try json.id())
        case "credit": .credit(id: try json.id(), bytes: try json.count("bytes"))
        case "head": .head(id: try json.id(), http: try json.head())
        case "error": .error(id: try json.id(), failure: try Failure(json))
        case "log": .log(id: json["id"]?.string, record: try LogRecord(json))
        case "progress":
            .progress(id: try json.id(), value: json["value"]?.double, message: json["message"]?.string)
        case "cancel":
            .cancel(id: try json.id(), reason: json["reason"]?.string.flatMap(CancelReason.init) ?? .user)
        case "drain": .drain
        case "bye": .bye
        case "ready": .ready
        case "hello": .hello(try Hello(json))
        case "init": .initialize(instance: json["instance"]?.string ?? "", limits: FrameLimits(json["limits"] ?? .null))
        case "init_error":
            .initError(
                message: try json.member("message"), errors: (json["errors"]?.array ?? []).compactMap(\.string))
        default: .unknown(type: type)
        }
    }

    private static func result(_ json: JSON, _ payload: [UInt8]?) throws(Failure) -> Frame {
        guard let http = json["http"] else { return .result(id: try json.id(), http: nil, body: .none) }
        let body: FrameBody = payload.map(FrameBody.bytes) ?? http["body"]?.string.map(FrameBody.text) ?? .none
        return .result(id: try json.id(), http: try json.head(), body: body)
    }
}

extension Frame.Hello {
    fileprivate init(_ json: JSON) throws(Failure) {
        self.init(
            protocolVersion: try json.count("protocol"), name: try json.member("name"),
            build: json["build"]?.string ?? "", concurrency: max(1, json["concurrency"]?.int ?? 1),
            streaming: json["streaming"]?.bool ?? false)
    }
}

extension FrameLimits {
    fileprivate init(_ json: JSON) {
        let standard = FrameLimits.standard
        self.init(
            line: json["line"]?.int ?? standard.line, chunk: json["chunk"]?.int ?? standard.chunk,
            credit: json["credit"]?.int ?? standard.credit)
    }
}

extension LogRecord {
    fileprivate init(_ json: JSON) throws(Failure) {
        self.init(
            level: json["level"]?.string.flatMap(LogLevel.init) ?? .info, message: try json.member("message"),
            fields: json["fields"]?.object ?? [:])
    }
}

extension Failure {
    /// Reads the failure of an `error` frame. A code of a later version counts as ``Failure/Code/internal``.
    fileprivate init(_ json: JSON) throws(Failure) {
        let retry: Retry? =
            switch json["retry"] {
            case "never": .never
            case "backoff": .backoff
            case .object(let members): members["after"]?.int.map { .after(.milliseconds($0)) }
            default: nil
            }
        self.init(
            json["code"]?.string.flatMap(Code.init) ?? .internal, try json.member("message"), retry: retry,
            errors: (json["errors"]?.array ?? []).map {
                FieldError($0["field"]?.string ?? "", $0["message"]?.string ?? "")
            }, headers: try json.headers())
    }
}

extension JSON {
    fileprivate func id() throws(Failure) -> String {
        let id = try member("id")
        guard !id.isEmpty, id.utf8.count <= 64 else { throw .invalid("must have 1 to 64 characters", field: "id") }
        return id
    }

    /// A member that must be a text.
    func member(_ name: String) throws(Failure) -> String {
        guard let value = self[name] else { throw .invalid("is missing", field: name) }
        guard let text = value.string else { throw .invalid("must be a string", field: name) }
        return text
    }

    /// A member that must be a whole number, 0 or more.
    fileprivate func count(_ name: String) throws(Failure) -> Int {
        guard let count = self[name]?.int, count >= 0 else {
            throw .invalid("must be a whole number, 0 or more", field: name)
        }
        return count
    }

    fileprivate func head() throws(Failure) -> HTTPHead {
        guard let http = self["http"] else { throw .invalid("is missing", field: "http") }
        guard let status = http["status"]?.int, 100...599 ~= status else {
            throw .invalid("must be a status from 100 to 599", field: "http.status")
        }
        return HTTPHead(status: status, headers: try http.headers())
    }

    /// The `headers` member: names to a text or to an array of texts.
    func headers() throws(Failure) -> Headers {
        var headers = Headers()
        for member in self["headers"]?.object ?? [:] {
            for value in try member.value.texts("headers.\(member.name)") { headers.append(member.name, value) }
        }
        return headers
    }

    /// A text, or an array of texts.
    func texts(_ field: String) throws(Failure) -> [String] {
        if let text = string { return [text] }
        guard let texts = array?.compactMap(\.string), texts.count == array?.count else {
            throw .invalid("must be a string or an array of strings", field: field)
        }
        return texts
    }
}
