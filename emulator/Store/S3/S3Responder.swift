import Logging
import NIOCore
import NIOHTTP1

/// The S3 dialect: finds out who asks for what, and words every answer and refusal as AWS does.
struct S3Responder: HTTPResponder {
    private let store: ObjectStore
    private let options: S3Options
    private let authenticator: S3Authenticator
    private let logger = Logger(label: "object-store.s3")

    init(store: ObjectStore, options: S3Options) {
        self.store = store
        self.options = options
        authenticator = S3Authenticator(
            users: options.users, domains: options.domains,
            anybody: options.checksSignatures ? nil : options.users.first)
    }

    func reply(to request: HTTPRequest) async -> HTTPReply {
        if let answer = S3Health.answer(request) { return answer }
        var reply: HTTPReply
        var bucket: String?
        do {
            let address = try S3Address(
                path: request.rawPath, host: request.header("host"), domains: options.domains)
            bucket = address.bucketWithoutTenant
            if request.method == "OPTIONS" {
                reply = try S3CORS(store: store).preflight(request, bucket: address.bucketWithoutTenant)
            } else {
                let operation = try S3Operation(request, address)
                let identity = operation == .postObject ? S3Identity() : try authenticator.identify(request)
                let name = operation == .createBucket ? address.bucket : address.bucketWithoutTenant
                let call = S3Call(
                    request: request, bucketName: name, key: address.key, identity: identity, store: store,
                    options: options)
                reply = try await perform(operation, call)
            }
        } catch {
            reply = refusal(error, request)
        }
        if request.method != "OPTIONS" {
            S3CORS(store: store).decorate(&reply, request, bucket: bucket ?? "")
        }
        reply.headers.add(name: "x-amz-request-id", value: request.id)
        reply.headers.add(name: "x-amz-id-2", value: S3Error.hostID)
        reply.headers.add(name: "Server", value: "Darkroom")
        reply.headers.add(name: "Date", value: HTTPDate.rfc1123(Clock.milliseconds()))
        return reply
    }

    private func refusal(_ error: any Error, _ request: HTTPRequest) -> HTTPReply {
        let refusal: S3Error
        switch error {
        case let error as S3Error: refusal = error
        case let error as StoreError where error.isOutOfSpace:
            logger.error("the disk is full: \(error)")
            refusal = S3Error(
                507, "XMinioStorageFull",
                "Storage backend has reached its minimum free drive threshold. Please delete a few objects to "
                    + "proceed.")
        case is HTTPRequestBody.Failure: refusal = .incompleteBody
        default:
            logger.error("\(request.method) \(request.rawPath) failed: \(error)")
            refusal = .internalError
        }
        var reply = HTTPReply(refusal.status, refusal.headers)
        if refusal.status == 304 { return reply }
        reply.headers.replaceOrAdd(name: "Content-Type", value: "application/xml")
        reply.body = .bytes(ByteBuffer(bytes: refusal.document(requestID: request.id)))
        return reply
    }

    private func perform(_ operation: S3Operation, _ call: S3Call) async throws -> HTTPReply {
        if !call.bucketName.isEmpty && operation != .createBucket {
            let bucket = try store.bucket(call.bucketName)
            if let bucket { try call.checkExpectedOwner(of: bucket) }
        }
        if let action = operation.action { try call.authorize(action) }
        return switch operation {
        case .listBuckets: try call.listBuckets()
        case .listenNotification: try call.listenNotification()
        case .createBucket: try await call.createBucket()
        case .headBucket: try call.headBucket()
        case .deleteBucket: try await call.deleteBucket()
        case .getBucketLocation: try call.getBucketLocation()
        case .listObjects: try call.listObjects()
        case .listObjectsV2: try call.listObjectsV2()
        case .listObjectVersions: try call.listObjectVersions()
        case .deleteObjects: try await call.deleteObjects()
        case .listMultipartUploads: try call.listMultipartUploads()
        case .postObject: try await call.postObject(authenticator)
        case .getBucketSetting(let setting): try call.getBucketSetting(setting)
        case .putBucketSetting(let setting): try await call.putBucketSetting(setting)
        case .deleteBucketSetting(let setting): try await call.deleteBucketSetting(setting)
        case .getListedSetting(let setting): try call.getListedSetting(setting)
        case .putListedSetting(let setting): try await call.putListedSetting(setting)
        case .deleteListedSetting(let setting): try await call.deleteListedSetting(setting)
        case .putObject: try await call.putObject()
        case .copyObject: try await call.copyObject()
        case .getObject: try call.getObject()
        case .headObject: try call.getObject()
        case .deleteObject: try await call.deleteObject()
        case .restoreObject: try await call.restoreObject()
        case .getObjectAttributes: try call.getObjectAttributes()
        case .getObjectTagging: try call.getObjectTagging()
        case .putObjectTagging: try await call.putObjectTagging()
        case .deleteObjectTagging: try await call.deleteObjectTagging()
        case .getObjectACL: try call.getObjectACL()
        case .putObjectACL: try await call.putObjectACL()
        case .getObjectRetention: try call.getObjectRetention()
        case .putObjectRetention: try await call.putObjectRetention()
        case .getObjectLegalHold: try call.getObjectLegalHold()
        case .putObjectLegalHold: try await call.putObjectLegalHold()
        case .createMultipartUpload: try await call.createMultipartUpload()
        case .uploadPart: try await call.uploadPart()
        case .uploadPartCopy: try await call.uploadPartCopy()
        case .completeMultipartUpload: try await call.completeMultipartUpload()
        case .abortMultipartUpload: try await call.abortMultipartUpload()
        case .listParts: try call.listParts()
        }
    }
}
