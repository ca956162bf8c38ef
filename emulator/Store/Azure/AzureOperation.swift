import NIOHTTP1

/// What a request asks for, from its method, its address and `restype` and `comp`.
enum AzureOperation {
    case listContainers, getServiceProperties, setServiceProperties, getServiceStats, getAccountInfo, batch, findByTags
    case getUserDelegationKey
    case createContainer, getContainerProperties, deleteContainer, setContainerMetadata, getContainerACL,
        setContainerACL
    case undeleteContainer, leaseContainer, listBlobs
    case putBlob, getBlob, getBlobProperties, deleteBlob, putBlock, putBlockList, getBlockList, appendBlock, sealBlob
    case putPage, getPageRanges, setBlobProperties, setBlobMetadata, leaseBlob, snapshotBlob, copyBlob, abortCopy
    case setTier, getTags, setTags, undeleteBlob
    case copyIncrementally, setImmutabilityPolicy, deleteImmutabilityPolicy, setLegalHold, queryBlob

    init(_ request: HTTPRequest, _ address: AzureAddress) throws(AzureError) {
        let comp = request.parameter("comp")
        if address.blob.isEmpty, let type = request.parameter("restype"), type != "account",
            type != (address.container.isEmpty ? "service" : "container")
        {
            throw .invalidQuery("restype", type)
        }
        let operation =
            address.container.isEmpty
            ? Self.serviceOperation(request, comp)
            : address.blob.isEmpty ? Self.containerOperation(request, comp) : Self.blobOperation(request, comp)
        guard let operation else {
            throw comp == nil ? .unsupportedMethod : .invalidQuery("comp", comp ?? "")
        }
        self = operation
    }

    private static func serviceOperation(_ request: HTTPRequest, _ comp: String?) -> AzureOperation? {
        switch (request.method, comp) {
        case ("GET", "list"): .listContainers
        case ("GET", "properties"), ("HEAD", "properties"):
            request.parameter("restype") == "account" ? .getAccountInfo : .getServiceProperties
        case ("PUT", "properties"): .setServiceProperties
        case ("GET", "stats"): .getServiceStats
        case ("GET", "blobs"): .findByTags
        case ("POST", "batch"): .batch
        case ("POST", "userdelegationkey"): .getUserDelegationKey
        default: nil
        }
    }

    private static func containerOperation(_ request: HTTPRequest, _ comp: String?) -> AzureOperation? {
        if request.parameter("restype") == "account", comp == "properties" { return .getAccountInfo }
        return switch (request.method, comp) {
        case ("PUT", nil): .createContainer
        case ("GET", nil), ("HEAD", nil), ("GET", "metadata"), ("HEAD", "metadata"): .getContainerProperties
        case ("DELETE", nil): .deleteContainer
        case ("PUT", "metadata"): .setContainerMetadata
        case ("GET", "acl"), ("HEAD", "acl"): .getContainerACL
        case ("PUT", "acl"): .setContainerACL
        case ("PUT", "undelete"): .undeleteContainer
        case ("PUT", "lease"): .leaseContainer
        case ("GET", "list"): .listBlobs
        case ("GET", "blobs"): .findByTags
        case ("POST", "batch"): .batch
        default: nil
        }
    }

    private static func blobOperation(_ request: HTTPRequest, _ comp: String?) -> AzureOperation? {
        if request.parameter("restype") == "account", comp == "properties" { return .getAccountInfo }
        switch (request.method, comp) {
        case ("PUT", nil):
            return request.headers.contains(name: "x-ms-copy-source")
                && !request.headers.contains(name: "x-ms-blob-type") ? .copyBlob : .putBlob
        case ("GET", nil): return .getBlob
        case ("HEAD", nil), ("HEAD", "metadata"), ("GET", "metadata"): return .getBlobProperties
        case ("DELETE", nil): return .deleteBlob
        case ("PUT", "block"): return .putBlock
        case ("PUT", "blocklist"): return .putBlockList
        case ("GET", "blocklist"): return .getBlockList
        case ("PUT", "appendblock"): return .appendBlock
        case ("PUT", "seal"): return .sealBlob
        case ("PUT", "page"): return .putPage
        case ("GET", "pagelist"): return .getPageRanges
        case ("PUT", "properties"): return .setBlobProperties
        case ("PUT", "metadata"): return .setBlobMetadata
        case ("PUT", "lease"): return .leaseBlob
        case ("PUT", "snapshot"): return .snapshotBlob
        case ("PUT", "copy"): return .abortCopy
        case ("PUT", "tier"): return .setTier
        case ("GET", "tags"): return .getTags
        case ("PUT", "tags"): return .setTags
        case ("PUT", "undelete"): return .undeleteBlob
        case ("PUT", "incrementalcopy"): return .copyIncrementally
        case ("PUT", "immutabilityPolicies"): return .setImmutabilityPolicy
        case ("DELETE", "immutabilityPolicies"): return .deleteImmutabilityPolicy
        case ("PUT", "legalhold"): return .setLegalHold
        case ("POST", "query"): return .queryBlob
        default: return nil
        }
    }

    /// What a shared access signature must grant
    /// (https://learn.microsoft.com/rest/api/storageservices/create-account-sas#blob-service).
    ///
    /// - Parameter level: `s`, `c` or `o`, what the request names: some can be asked of each.
    func need(at level: Character) -> AzureNeed {
        switch self {
        case .listContainers: AzureNeed("s", "l")
        case .getUserDelegationKey: AzureNeed("s", "rwdlacupxytfi")
        case .getServiceProperties, .getServiceStats: AzureNeed("s", "r")
        case .setServiceProperties: AzureNeed("s", "w")
        case .getAccountInfo: AzureNeed(level, "rwdlacup", isOfService: level != "s")
        // Each request inside has its own authorization.
        case .batch: AzureNeed("c", "rwdlacup", isOfService: true)
        case .findByTags: AzureNeed(level, "f", isOfService: level != "s")
        case .createContainer: AzureNeed("c", "cw")
        case .getContainerProperties: AzureNeed("c", "rl")
        case .deleteContainer: AzureNeed("c", "d")
        case .setContainerMetadata, .undeleteContainer: AzureNeed("c", "w")
        case .getContainerACL, .setContainerACL: AzureNeed("c", "")
        case .leaseContainer: AzureNeed("c", "wd")
        case .listBlobs: AzureNeed("c", "l", isOfService: true)
        case .putBlob, .copyBlob, .snapshotBlob, .copyIncrementally: AzureNeed("o", "cw")
        case .getBlob, .getBlobProperties, .getBlockList, .getPageRanges, .queryBlob: AzureNeed("o", "r")
        case .setImmutabilityPolicy, .deleteImmutabilityPolicy, .setLegalHold: AzureNeed("o", "i")
        case .deleteBlob: AzureNeed("o", "dxy")
        case .putBlock, .putBlockList, .putPage, .setBlobProperties, .setBlobMetadata, .abortCopy, .setTier:
            AzureNeed("o", "w")
        case .undeleteBlob: AzureNeed("o", "w")
        case .appendBlock, .sealBlob: AzureNeed("o", "aw")
        case .leaseBlob: AzureNeed("o", "wd")
        case .getTags, .setTags: AzureNeed("o", "t")
        }
    }

    var isRead: Bool {
        switch self {
        case .listContainers, .getServiceProperties, .getServiceStats, .getAccountInfo, .findByTags,
            .getContainerProperties, .getContainerACL, .listBlobs, .getBlob, .getBlobProperties, .getBlockList,
            .getPageRanges, .getTags, .queryBlob:
            true
        default: false
        }
    }
}
