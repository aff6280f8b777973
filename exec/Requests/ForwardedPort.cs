using System.Buffers;
using SshGateway.Exec.ApiServer;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Requests;

/// <summary>A channel of type "direct-tcpip" (RFC 4254 section 7.2): a connection to a port of the pod.</summary>
internal sealed class ForwardedPort(
    ExecLogin login, ExecSession session, int port, PodClient pods, RequestMetrics metrics, TimeProvider time, ILogger<ForwardedPort> logger) : IChannelTarget
{
    // The API has no half-close, so a server does not learn that its client has closed the connection. This long it may
    // be silent then; less long when its channel is needed for another connection.
    private static readonly TimeSpan SilenceBehindEof = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SilenceWhenCrowded = TimeSpan.FromSeconds(1);

    private PortForwardStream? _stream;
    private long _lastOutputAt;

    /// <inheritdoc/>
    public async ValueTask<OpenFailure?> OpenAsync(CancellationToken closed)
    {
        try
        {
            _stream = await pods.PortForwardAsync(new PodTarget(session.Namespace, session.PodName, session.PodUid), port, closed).ConfigureAwait(false);
        }
        catch (ApiServerException failure)
        {
            LogFailure(failure);
            return new OpenFailure(OpenFailureReason.ConnectFailed, failure.Message);
        }
        RequestLog.Connected(logger, login.ConnectionId, port, session.Namespace, session.PodName, session.SessionId, login.KeyId);
        return null;
    }

    /// <inheritdoc/>
    /// <remarks>RFC 4254 defines no request for it.</remarks>
    public bool HandleRequest(SshChannel channel, in ChannelRequest request) => false;

    /// <inheritdoc/>
    public async Task RunAsync(SshChannel channel, CancellationToken closed)
    {
        PortForwardStream stream = _stream ?? throw new InvalidOperationException("the channel is not open");
        RequestOutcome outcome = RequestOutcome.Closed;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(closed);
        Task input = MoveInputAsync(channel, stream, over);
        try
        {
            await MoveOutputAsync(channel, stream, over.Token).ConfigureAwait(false);
            await channel.SendEofAsync().ConfigureAwait(false);
            outcome = RequestOutcome.Ended;
        }
        catch (ApiServerException failure)
        {
            outcome = RequestOutcome.Failed;
            LogFailure(failure);
        }
        catch (OperationCanceledException) when (!closed.IsCancellationRequested)
        {
            outcome = RequestOutcome.Ended;
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await input.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            metrics.ForwardEnded(outcome);
        }
    }

    public ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? default;

    private async Task MoveOutputAsync(SshChannel channel, PortForwardStream stream, CancellationToken over)
    {
        while (true)
        {
            await channel.FlushWhileAsync(stream.WaitAsync(over)).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(ChannelMessages.MaxSize);
            int count = await channel.FlushWhileAsync(
                stream.ReadAsync(buffer.AsMemory(ChannelMessages.MaxHeader, ChannelLimits.MaxSentPacket), over)).ConfigureAwait(false);
            if (count > 0)
            {
                Volatile.Write(ref _lastOutputAt, time.GetTimestamp());
                await channel.AppendAsync(buffer, ChannelMessages.MaxHeader, count, isError: false, over).ConfigureAwait(false);
            }
            // Not in a finally block: when the flush fails, the read may still write into the buffer.
            ArrayPool<byte>.Shared.Return(buffer);
            if (count == 0)
            {
                return;
            }
        }
    }

    private async Task MoveInputAsync(SshChannel channel, PortForwardStream stream, CancellationTokenSource over)
    {
        try
        {
            await channel.ConsumeAsync(ChannelSocket.MaxData, stream.WriteAsync, over.Token).ConfigureAwait(false);
        }
        catch (ApiServerException)
        {
            // The other direction finds the same.
            return;
        }
        Volatile.Write(ref _lastOutputAt, time.GetTimestamp());
        while (time.GetElapsedTime(Volatile.Read(ref _lastOutputAt)) < (channel.IsCrowded ? SilenceWhenCrowded : SilenceBehindEof))
        {
            await Task.Delay(SilenceWhenCrowded, time, over.Token).ConfigureAwait(false);
        }
        await over.CancelAsync().ConfigureAwait(false);
    }

    private void LogFailure(ApiServerException failure)
    {
        metrics.ApiFailed(failure.Kind);
        RequestLog.ForwardFailed(
            logger, login.ConnectionId, port, session.Namespace, session.PodName, session.SessionId, failure.Kind, PeerText.OneLine(failure.Message));
    }
}
