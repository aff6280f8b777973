using System.Buffers;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using SshGateway.Feed;

namespace SshGateway.Operator.Feed;

/// <summary>
/// sshgateway.v1.EndpointFeed for responses that are serialized already. The generated base class takes messages and
/// would serialize each entry once per stream.
/// </summary>
[BindServiceMethod(typeof(SerializedFeed), nameof(BindService))]
internal abstract class SerializedFeed
{
    private static readonly Method<ProxyMessage, SerializedMessage> WatchMethod = CreateMethod(EndpointFeed.Descriptor.FindMethodByName(nameof(Watch)));

    public abstract Task Watch(IAsyncStreamReader<ProxyMessage> requestStream, IServerStreamWriter<SerializedMessage> responseStream, ServerCallContext context);

    /// <summary>Grpc.AspNetCore calls this to find the methods, without a service.</summary>
    public static void BindService(ServiceBinderBase binder, SerializedFeed? service) =>
        binder.AddMethod(WatchMethod, service is null ? null : new DuplexStreamingServerMethod<ProxyMessage, SerializedMessage>(service.Watch));

    private static Method<ProxyMessage, SerializedMessage> CreateMethod(MethodDescriptor method) => new(
        MethodType.DuplexStreaming, method.Service.FullName, method.Name,
        Marshallers.Create(
            (_, _) => throw new NotSupportedException("the operator only reads these"),
            context => ProxyMessage.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        Marshallers.Create<SerializedMessage>(Write, _ => throw new NotSupportedException("the operator only writes these")));

    private static void Write(SerializedMessage message, SerializationContext context)
    {
        context.SetPayloadLength(message.Bytes.Length);
        context.GetBufferWriter().Write(message.Bytes.Span);
        context.Complete();
    }
}

/// <summary>A FeedMessage in its wire format: entries are serialized once, and all streams send those bytes.</summary>
/// <param name="Bytes">Read until the write has begun, and not after it.</param>
internal sealed record SerializedMessage(ReadOnlyMemory<byte> Bytes);

/// <summary>The bounds of the operator's gRPC.</summary>
internal static class FeedGrpc
{
    public static void AddFeedGrpc(this IServiceCollection services)
    {
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = FeedLimits.MaxMessageBytes;
            grpc.MaxSendMessageSize = FeedLimits.MaxMessageBytes;
        });
        // Nobody compresses, and the library would inflate before a token is checked. It adds gzip and deflate to an
        // empty list, so they go after that.
        services.PostConfigure<GrpcServiceOptions>(grpc => grpc.CompressionProviders.Clear());
    }
}
