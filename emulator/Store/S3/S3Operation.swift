import NIOHTTP1

/// What a request asks for, from its method, its address and the parameters that name subresources.
enum S3Operation: Equatable {
    case listBuckets, listenNotification
    case createBucket, headBucket, deleteBucket, getBucketLocation
    case listObjects, listObjectsV2, listObjectVersions, deleteObjects, listMultipartUploads, postObject
    case getBucketSetting(S3BucketSetting), putBucketSetting(S3BucketSetting), deleteBucketSetting(S3BucketSetting)
    case getListedSetting(S3ListedSetting), putListedSetting(S3ListedSetting), deleteListedSetting(S3ListedSetting)
    case putObject, copyObject, getObject, headObject, deleteObject, getObjectAttributes
    case getObjectTagging, putObjectTagging, deleteObjectTagging
    case getObjectACL, putObjectACL, getObjectRetention, putObjectRetention, getObjectLegalHold, putObjectLegalHold
    case restoreObject
    case createMultipartUpload, uploadPart, uploadPartCopy, completeMultipartUpload, abortMultipartUpload, listParts

    init(_ request: HTTPRequest, _ address: S3Address) throws(S3Error) {
        let operation =
            address.bucket.isEmpty
            ? (request.method != "GET" ? nil : request.has("events") ? .listenNotification : .listBuckets)
            : address.key.isEmpty ? try Self.bucketOperation(request) : try Self.objectOperation(request, address)
        guard let operation else { throw .methodNotAllowed }
        self = operation
    }

    private static func bucketOperation(_ request: HTTPRequest) throws(S3Error) -> S3Operation? {
        if let setting = S3BucketSetting.allCases.first(where: { request.has($0.rawValue) }) {
            switch request.method {
            case "GET": return .getBucketSetting(setting)
            case "PUT": return .putBucketSetting(setting)
            case "DELETE": return .deleteBucketSetting(setting)
            default: return nil
            }
        }
        if let setting = S3ListedSetting.allCases.first(where: { request.has($0.rawValue) }) {
            switch request.method {
            case "GET": return .getListedSetting(setting)
            case "PUT": return .putListedSetting(setting)
            case "DELETE": return .deleteListedSetting(setting)
            default: return nil
            }
        }
        switch request.method {
        case "GET":
            if request.has("location") { return .getBucketLocation }
            if request.has("events") { return .listenNotification }
            if request.has("uploads") { return .listMultipartUploads }
            if request.has("versions") { return .listObjectVersions }
            return request.parameter("list-type") == "2" ? .listObjectsV2 : .listObjects
        case "PUT": return .createBucket
        case "HEAD": return .headBucket
        case "DELETE": return .deleteBucket
        case "POST":
            if request.has("delete") { return .deleteObjects }
            guard request.header("content-type")?.lowercased().hasPrefix("multipart/form-data") == true else {
                throw .preconditionFailed("Bucket POST must be of the enclosure-type multipart/form-data")
            }
            return .postObject
        default: return nil
        }
    }

    private static func objectOperation(_ request: HTTPRequest, _ address: S3Address) throws(S3Error) -> S3Operation? {
        if request.has("select") { throw .notImplemented("select") }
        let isCopy = request.headers.contains(name: "x-amz-copy-source")
        switch request.method {
        case "GET":
            if request.has("tagging") { return .getObjectTagging }
            if request.has("acl") { return .getObjectACL }
            if request.has("retention") { return .getObjectRetention }
            if request.has("legal-hold") { return .getObjectLegalHold }
            if request.has("attributes") { return .getObjectAttributes }
            // AWS makes no torrents any more, and no object has one.
            if request.has("torrent") { throw .noSuchKey(address.key) }
            return request.has("uploadId") ? .listParts : .getObject
        case "HEAD": return .headObject
        case "PUT":
            if request.has("tagging") { return .putObjectTagging }
            if request.has("acl") { return .putObjectACL }
            if request.has("retention") { return .putObjectRetention }
            if request.has("legal-hold") { return .putObjectLegalHold }
            if request.has("uploadId") || request.has("partNumber") { return isCopy ? .uploadPartCopy : .uploadPart }
            return isCopy ? .copyObject : .putObject
        case "POST":
            if request.has("uploads") { return .createMultipartUpload }
            if request.has("restore") { return .restoreObject }
            return request.has("uploadId") ? .completeMultipartUpload : nil
        case "DELETE":
            if request.has("tagging") { return .deleteObjectTagging }
            return request.has("uploadId") ? .abortMultipartUpload : .deleteObject
        default: return nil
        }
    }

    /// The permission it takes, as policies name it; nil where the operation decides itself.
    var action: String? {
        switch self {
        case .listBuckets, .listenNotification, .createBucket, .postObject, .deleteObjects, .putObjectTagging: nil
        case .headBucket, .listObjects, .listObjectsV2: "s3:ListBucket"
        case .deleteBucket: "s3:DeleteBucket"
        case .getBucketLocation: "s3:GetBucketLocation"
        case .listObjectVersions: "s3:ListBucketVersions"
        case .listMultipartUploads: "s3:ListBucketMultipartUploads"
        case .getBucketSetting(let setting): "s3:Get" + setting.actionName
        case .putBucketSetting(let setting): "s3:Put" + setting.actionName
        case .deleteBucketSetting(let setting):
            ([.policy, .website].contains(setting) ? "s3:Delete" : "s3:Put") + setting.actionName
        case .putObject, .copyObject, .createMultipartUpload, .uploadPart, .uploadPartCopy, .completeMultipartUpload:
            "s3:PutObject"
        case .getObject, .headObject, .getObjectAttributes: "s3:GetObject"
        case .deleteObject: "s3:DeleteObject"
        case .getObjectTagging: "s3:GetObjectTagging"
        case .getObjectACL: "s3:GetObjectAcl"
        case .putObjectACL: "s3:PutObjectAcl"
        case .getListedSetting(let setting): "s3:Get" + setting.root
        case .putListedSetting(let setting), .deleteListedSetting(let setting): "s3:Put" + setting.root
        case .restoreObject: "s3:RestoreObject"
        case .getObjectRetention: "s3:GetObjectRetention"
        case .putObjectRetention: "s3:PutObjectRetention"
        case .getObjectLegalHold: "s3:GetObjectLegalHold"
        case .putObjectLegalHold: "s3:PutObjectLegalHold"
        case .deleteObjectTagging: "s3:DeleteObjectTagging"
        case .abortMultipartUpload: "s3:AbortMultipartUpload"
        case .listParts: "s3:ListMultipartUploadParts"
        }
    }
}
