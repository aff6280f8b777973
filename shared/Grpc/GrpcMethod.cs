using Google.Protobuf;

namespace SshGateway.Shared.Grpc;

/// <summary>One method of a gRPC service: its name on the wire and the decoders of its two message types.</summary>
public sealed record GrpcMethod<TRequest, TResponse>(
    string Service, string Name, MessageParser<TRequest> RequestParser, MessageParser<TResponse> ResponseParser)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    /// <summary>The request's <c>:path</c>, compared case by case.</summary>
    public string Path { get; } = $"/{Service}/{Name}";
}
