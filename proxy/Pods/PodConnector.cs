using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Sockets;

namespace SshGateway.Proxy.Pods;

/// <summary>The TCP connection to a pod, or to its exec relay.</summary>
internal sealed partial class PodConnector(PodLoginLimits limits, TimeProvider time, ILogger<PodConnector> logger)
{
    /// <param name="loop">Where the client's events come from, and the pod's are to come from.</param>
    /// <param name="cancellation">Nobody wants it any more.</param>
    /// <returns>A refusal that can be retried means that the pod accepted and hung up before we could look.</returns>
    public async Task<Result<IPeerSocket>> ConnectAsync(PodServer server, IEventLoop loop, CancellationToken cancellation)
    {
        using Activity? step = LoginTrace.Start(LoginTrace.Dial);
        using var timeout = new CancellationTokenSource(limits.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return new(await loop.ConnectAsync(server.Endpoint, new PeerTimeouts(limits.PeerTimeout), either.Token).ConfigureAwait(false), null);
        }
        catch (SocketException reset) when (reset.SocketErrorCode is SocketError.ConnectionReset or SocketError.NotConnected)
        {
            Log.Failed(logger, server.Session.SessionId, server.Endpoint, "it accepted the connection and reset it");
            return server.Refuse(ConnectionEnd.PodUnreachable, "closed the connection at once") with { CanRetry = true };
        }
        catch (Exception problem) when (problem is SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            Log.Failed(logger, server.Session.SessionId, server.Endpoint, timeout.IsCancellationRequested ? $"no answer in {limits.ConnectTimeout.TotalSeconds:0.#} s" : problem.Message);
            return server.Refuse(ConnectionEnd.PodUnreachable, "cannot be reached", problem.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Cannot connect to the pod of session {SessionId} at {Endpoint}: {Problem}")]
        public static partial void Failed(ILogger logger, string sessionId, IPEndPoint? endpoint, string problem);
    }
}
