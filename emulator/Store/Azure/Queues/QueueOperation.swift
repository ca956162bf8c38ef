/// What a request to the queue service asks for.
enum QueueOperation {
    case listQueues, getServiceProperties, setServiceProperties, getServiceStats, getUserDelegationKey
    case createQueue, deleteQueue, getMetadata, setMetadata, getACL, setACL
    case putMessage, getMessages, peekMessages, clearMessages
    /// Of one message, by its id.
    case updateMessage, deleteMessage

    init(_ request: HTTPRequest, _ address: AzureAddress) throws(AzureError) {
        let comp = request.parameter("comp")
        let operation: QueueOperation?
        if address.container.isEmpty {
            // A queue without a name.
            if comp == nil, request.method == "PUT" || request.method == "DELETE" { throw .invalidResourceName }
            operation = Self.service(request.method, comp)
        } else if address.blob.isEmpty {
            operation = Self.queue(request.method, comp)
        } else if address.blob == "messages" {
            operation = Self.messages(request)
        } else if address.blob.hasPrefix("messages/") {
            operation = ["PUT": .updateMessage, "DELETE": .deleteMessage][request.method]
        } else {
            throw AzureError(
                400, "InvalidUri", "The requested URI does not represent any resource on the server.")
        }
        guard let operation else { throw comp == nil ? .unsupportedMethod : .invalidQuery("comp", comp ?? "") }
        if !address.container.isEmpty { try Self.checkName(address.container) }
        self = operation
    }

    private static func service(_ method: String, _ comp: String?) -> QueueOperation? {
        switch (method, comp) {
        case ("GET", "list"): .listQueues
        case ("GET", "properties"): .getServiceProperties
        case ("PUT", "properties"): .setServiceProperties
        case ("GET", "stats"): .getServiceStats
        case ("POST", "userdelegationkey"): .getUserDelegationKey
        default: nil
        }
    }

    private static func queue(_ method: String, _ comp: String?) -> QueueOperation? {
        switch (method, comp) {
        case ("PUT", nil): .createQueue
        case ("DELETE", nil): .deleteQueue
        case ("GET", "metadata"), ("HEAD", "metadata"): .getMetadata
        case ("PUT", "metadata"): .setMetadata
        case ("GET", "acl"), ("HEAD", "acl"): .getACL
        case ("PUT", "acl"): .setACL
        default: nil
        }
    }

    private static func messages(_ request: HTTPRequest) -> QueueOperation? {
        switch request.method {
        case "POST": .putMessage
        case "GET": request.parameter("peekonly")?.lowercased() == "true" ? .peekMessages : .getMessages
        case "DELETE": .clearMessages
        default: nil
        }
    }

    /// (https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata)
    private static func checkName(_ name: String) throws(AzureError) {
        guard !name.hasPrefix("$"), AzureCall.isValid(container: name) else {
            guard (3...63).contains(name.utf8.count) else {
                throw AzureError(
                    400, "OutOfRangeInput", "The specified resource name length is not within the permissible limits.")
            }
            throw .invalidResourceName
        }
    }

    /// What a shared access signature must grant
    /// (https://learn.microsoft.com/rest/api/storageservices/create-account-sas#queue-service).
    var need: AzureNeed {
        switch self {
        case .listQueues: AzureNeed("s", "l")
        case .getServiceProperties, .getServiceStats: AzureNeed("s", "r")
        case .setServiceProperties: AzureNeed("s", "w")
        case .getUserDelegationKey: AzureNeed("s", "rwdlacupxytfi")
        case .createQueue: AzureNeed("c", "cw")
        case .deleteQueue: AzureNeed("c", "d")
        case .getMetadata: AzureNeed("c", "r")
        case .setMetadata: AzureNeed("c", "w")
        case .getACL, .setACL: AzureNeed("c", "")
        case .putMessage: AzureNeed("o", "a")
        case .getMessages, .deleteMessage: AzureNeed("o", "p")
        case .peekMessages: AzureNeed("o", "r")
        case .clearMessages: AzureNeed("o", "d")
        case .updateMessage: AzureNeed("o", "u")
        }
    }

    var isRead: Bool {
        switch self {
        case .listQueues, .getServiceProperties, .getServiceStats, .getMetadata, .getACL, .peekMessages: true
        default: false
        }
    }
}
