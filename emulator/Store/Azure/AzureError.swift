import NIOCore
import NIOHTTP1
import XML

/// A refusal in Azure Storage's words
/// (https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes).
struct AzureError: Error {
    var status: Int
    var code: String
    var message: String
    /// Further elements of the XML body.
    var details: [(name: String, value: String)] = []
    var headers = HTTPHeaders()

    init(_ status: Int, _ code: String, _ message: String, _ details: KeyValuePairs<String, String> = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details.map { ($0.key, $0.value) }
    }

    func reply(requestID: String, isHead: Bool) -> HTTPReply {
        var reply = HTTPReply(status, headers)
        reply.headers.replaceOrAdd(name: "x-ms-error-code", value: code)
        if status == 304 || isHead { return reply }
        var xml = XMLWriter()
        xml.element("Error") { xml in
            xml.element("Code", code)
            xml.element("Message", "\(message)\nRequestId:\(requestID)\nTime:\(HTTPDate.ticks(Clock.milliseconds()))")
            for (name, value) in details { xml.element(name, value) }
        }
        reply.headers.replaceOrAdd(name: "Content-Type", value: "application/xml")
        reply.body = .bytes(ByteBuffer(bytes: xml.bytes))
        return reply
    }
}

extension AzureError {
    static let authenticationFailed = AzureError(
        403, "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed "
            + "correctly including the signature."
    )
    static let noAuthentication = AzureError(
        401, "NoAuthenticationInformation",
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")
    static let permissionMismatch = AzureError(
        403, "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.")
    static let containerNotFound = AzureError(
        404, "ContainerNotFound", "The specified container does not exist.")
    static let containerAlreadyExists = AzureError(
        409, "ContainerAlreadyExists", "The specified container already exists.")
    static let blobNotFound = AzureError(404, "BlobNotFound", "The specified blob does not exist.")
    static let blobAlreadyExists = AzureError(409, "BlobAlreadyExists", "The specified blob already exists.")
    static let conditionNotMet = AzureError(
        412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    static let invalidRange = AzureError(
        416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    static let invalidBlobType = AzureError(
        409, "InvalidBlobType", "The blob type is invalid for this operation.")
    static let md5Mismatch = AzureError(
        400, "Md5Mismatch",
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.")
    static let crc64Mismatch = AzureError(
        400, "Crc64Mismatch",
        "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.")
    static let bothChecksums = AzureError(
        400, "BothCrc64AndMd5HeaderPresent",
        "Both x-ms-content-crc64 header and content-md5 header are present.")
    static let invalidMD5 = AzureError(
        400, "InvalidMd5",
        "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.")
    static let invalidXML = AzureError(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
    static let invalidBlockList = AzureError(400, "InvalidBlockList", "The specified block list is invalid.")
    static let invalidResourceName = AzureError(
        400, "InvalidResourceName", "The specifed resource name contains invalid characters.")
    static let incompleteBody = AzureError(
        400, "IncompleteBody", "The request body is incomplete.")
    static let tooLarge = AzureError(
        413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit.")
    static let internalError = AzureError(
        500, "InternalError", "The server encountered an internal error. Please retry the request.")
    static let unsupportedMethod = AzureError(
        405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")

    static func missingHeader(_ name: String) -> AzureError {
        AzureError(
            400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.",
            ["HeaderName": name])
    }

    static func invalidHeader(_ name: String, _ value: String) -> AzureError {
        AzureError(
            400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.",
            ["HeaderName": name, "HeaderValue": value])
    }

    static func invalidQuery(_ name: String, _ value: String) -> AzureError {
        AzureError(
            400, "InvalidQueryParameterValue",
            "Value for one of the query parameters specified in the request URI is invalid.",
            ["QueryParameterName": name, "QueryParameterValue": value])
    }

    static func outOfRangeQuery(_ name: String, _ value: String, _ low: Int, _ high: Int) -> AzureError {
        AzureError(
            400, "OutOfRangeQueryParameterValue",
            "One of the query parameters specified in the request URI is outside the permissible range.",
            [
                "QueryParameterName": name, "QueryParameterValue": value, "MinimumAllowed": String(low),
                "MaximumAllowed": String(high),
            ])
    }
}
