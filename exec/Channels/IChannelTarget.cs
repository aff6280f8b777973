using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>What a channel leads to: a process in a container, or a port of a pod.</summary>
internal interface IChannelTarget : IAsyncDisposable
{
    /// <summary>Prepares what the client asked for. Null: the channel is confirmed.</summary>
    /// <param name="closed">The connection has ended.</param>
    ValueTask<OpenFailure?> OpenAsync(CancellationToken closed);

    /// <summary>
    /// A request of the client on the channel (RFC 4254 section 5.4). The connection's reader calls it: it must not
    /// wait. False: the request has failed.
    /// </summary>
    bool HandleRequest(SshChannel channel, in ChannelRequest request);

    /// <summary>Serves the channel, which is closed when this ends.</summary>
    /// <param name="closed">The client has closed the channel, or the connection has ended.</param>
    Task RunAsync(SshChannel channel, CancellationToken closed);
}

/// <summary>Finds what a client wants to open: RFC 4254 section 5.1. Null: <paramref name="target"/> is it.</summary>
/// <param name="type">The channel's type.</param>
/// <param name="fields">What the type defines.</param>
internal delegate OpenFailure? ChannelOpener(ReadOnlySpan<byte> type, SshReader fields, out IChannelTarget? target);
