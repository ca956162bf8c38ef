import NIOHTTP1
import XML

/// A refusal in AWS' words.
struct S3Error: Error {
    var status: Int
    var code: String
    var message: String
    /// Further elements of the XML body.
    var details: [(name: String, value: String)] = []
    /// Further headers.
    var headers = HTTPHeaders()

    init(_ status: Int, _ code: String, _ message: String, _ details: KeyValuePairs<String, String> = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details.map { ($0.key, $0.value) }
    }

    func document(requestID: String) -> [UInt8] {
        var xml = XMLWriter()
        xml.element("Error") { xml in
            xml.element("Code", code)
            xml.element("Message", message)
            for (name, value) in details { xml.element(name, value) }
            xml.element("RequestId", requestID)
            xml.element("HostId", S3Error.hostID)
        }
        return xml.bytes
    }

    static let hostID = "ZGFya3Jvb20gb2JqZWN0IHN0b3Jl"
}

extension S3Error {
    static let accessDenied = S3Error(403, "AccessDenied", "Access Denied")
    static let malformedXML = S3Error(
        400, "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published "
            + "schema"
    )
    static let methodNotAllowed = S3Error(
        405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    static let missingContentLength = S3Error(
        411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    static let incompleteBody = S3Error(
        400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
    static let badDigest = S3Error(
        400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
    static let entityTooLarge = S3Error(
        400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
    static let invalidRange = S3Error(416, "InvalidRange", "The requested range is not satisfiable")
    static let keyTooLong = S3Error(400, "KeyTooLongError", "Your key is too long")
    static let internalError = S3Error(
        500, "InternalError", "We encountered an internal error. Please try again.")
    static let signatureMismatch = S3Error(
        403, "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and "
            + "signing method."
    )

    static func noSuchBucket(_ name: String) -> S3Error {
        S3Error(404, "NoSuchBucket", "The specified bucket does not exist", ["BucketName": name])
    }

    static func noSuchKey(_ key: String) -> S3Error {
        S3Error(404, "NoSuchKey", "The specified key does not exist.", ["Key": key])
    }

    static func noSuchUpload(_ id: String) -> S3Error {
        S3Error(
            404, "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                + "aborted or completed.",
            ["UploadId": id])
    }

    static func noSuchVersion(_ key: String, _ version: String) -> S3Error {
        S3Error(404, "NoSuchVersion", "The specified version does not exist.", ["Key": key, "VersionId": version])
    }

    static func preconditionFailed(_ condition: String) -> S3Error {
        S3Error(
            412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
            ["Condition": condition])
    }

    static func invalidArgument(_ message: String, name: String = "", value: String = "") -> S3Error {
        name.isEmpty
            ? S3Error(400, "InvalidArgument", message)
            : S3Error(400, "InvalidArgument", message, ["ArgumentName": name, "ArgumentValue": value])
    }

    static func invalidRequest(_ message: String) -> S3Error { S3Error(400, "InvalidRequest", message) }

    static func notImplemented(_ what: String) -> S3Error {
        S3Error(
            501, "NotImplemented",
            "A header or query you provided implies functionality that is not implemented: \(what)")
    }
}
