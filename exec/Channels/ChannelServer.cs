using System.Runtime.CompilerServices;
using SshGateway.Hosting;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>Opens a connection's channels, and serves each in a task of its own until the connection ends.</summary>
internal sealed partial class ChannelServer(
    SshServerTransport leg, string connectionId, ChannelOpener opener, ChannelLimits limits, TimeProvider time, ILogger<ConnectionProtocol> logger) : IDisposable
{
    private readonly ReplySender _replies = new(leg);
    private readonly ChannelTable _table = new(limits.MaxChannels);
    private readonly WindowBudget _windows = new();
    private readonly RateLimit _opens = new(ChannelLimits.OpensPerPeriod, ChannelLimits.OpenPeriod, time);
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _ended = new();
    private bool _noMoreSessions;

    /// <summary>Channels that are open, or are being opened or closed.</summary>
    public int Count => _table.Count;

    /// <summary>The client opens a channel. The connection's reader calls it.</summary>
    public ValueTask OpenAsync(ReadOnlySpan<byte> payload)
    {
        ChannelOpen open = ChannelOpen.Parse(payload);
        uint sender = open.Sender;
        IChannelTarget? target = null;
        uint number = 0;
        OpenFailure? failure = Check(open) ?? opener(open.Type, open.Fields, out target);
        if (failure is null && !_table.TryTake(out number))
        {
            failure = new OpenFailure(OpenFailureReason.ResourceShortage, $"This connection has {limits.MaxChannels} channels, the maximum. Close one and try again.");
        }
        if (failure is not null)
        {
            Log.Refused(logger, connectionId, PeerText.OneLine(failure.Sentence));
            return _replies.SendAsync(ChannelMessages.OpenFailure(sender, failure));
        }
        var peer = new PeerChannel(sender, open.Window, open.MaxPacket);
        var task = Task.Run(() => ServeAsync(number, peer, target!), CancellationToken.None);
        lock (_lock)
        {
            _running.Add(task);
        }
        _ = task.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return default;
    }

    /// <summary>OpenSSH PROTOCOL section 2.3: the client will open no more sessions.</summary>
    public void ForbidSessions() => _noMoreSessions = true;

    /// <exception cref="SshProtocolException">It is not open; OpenSSH disconnects as well.</exception>
    public SshChannel Find(uint number) =>
        _table.TryGet(number, out SshChannel? channel) ? channel : throw new SshProtocolException("a message on a channel that is not open (RFC 4254 section 5)");

    /// <summary>Both sides have closed the channel.</summary>
    public void Forget(SshChannel channel) => _table.Release(channel.LocalId);

    /// <summary>Tells all channels that the connection has ended.</summary>
    public Task CancelAsync() => _ended.CancelAsync();

    /// <summary>The same, and waits until they have ended. Nothing may wait for the client any more.</summary>
    public async Task EndAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        Task all;
        lock (_lock)
        {
            all = Task.WhenAll(_running);
        }
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Only when all channels have ended.</summary>
    public void Dispose() => _ended.Dispose();

    private OpenFailure? Check(in ChannelOpen open)
    {
        if (_noMoreSessions && open.Type.SequenceEqual("session"u8))
        {
            // The client expects it of somebody who has taken it over.
            throw new SshProtocolException("a session was opened behind no-more-sessions@openssh.com");
        }
        if (open.MaxPacket < ChannelLimits.MinPeerPacket)
        {
            return new OpenFailure(OpenFailureReason.ResourceShortage, $"The maximum packet size is {open.MaxPacket} bytes; at least {ChannelLimits.MinPeerPacket} are needed.");
        }
        return _opens.TryTake() ? null : new OpenFailure(OpenFailureReason.ResourceShortage, "This connection opens channels too fast. Try again in a moment.");
    }

    private void Ended(Task task)
    {
        lock (_lock)
        {
            _running.Remove(task);
        }
    }

    private async Task ServeAsync(uint number, PeerChannel peer, IChannelTarget target)
    {
        await using ConfiguredAsyncDisposable disposal = target.ConfigureAwait(false);
        int window = _windows.Take();
        SshChannel? channel = null;
        try
        {
            if (await target.OpenAsync(_ended.Token).ConfigureAwait(false) is { } failure)
            {
                Log.Refused(logger, connectionId, PeerText.OneLine(failure.Sentence));
                _table.Release(number);
                await leg.Output.SendAsync(ChannelMessages.OpenFailure(peer.Id, failure)).ConfigureAwait(false);
                return;
            }
            var closed = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
            channel = new SshChannel(number, peer, window, target, _table, leg.Output, _replies, closed);
            // The client may use the channel as soon as it is told its number.
            _table.Set(number, channel);
            await leg.Output.SendAsync(ChannelMessages.OpenConfirmation(peer.Id, number, (uint)window, ChannelLimits.MaxPacket)).ConfigureAwait(false);
            try
            {
                await target.RunAsync(channel, closed.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The client has closed the channel.
            }
            if (await channel.CloseAsync().ConfigureAwait(false))
            {
                Forget(channel);
            }
        }
        catch (Exception ended) when (ended is PeerGoneException or OperationCanceledException)
        {
            // The connection's reader finds the same.
        }
#pragma warning disable CA1031 // The last resort: one channel's defect must not end the process.
        catch (Exception defect)
        {
            Log.Defect(logger, connectionId, defect);
            leg.Abort();
        }
#pragma warning restore CA1031
        finally
        {
            channel?.Dispose();
            _windows.Return(window);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connection {Connection}: refused a channel: {Sentence}")]
        public static partial void Refused(ILogger logger, string connection, string sentence);

        [LoggerMessage(2, LogLevel.Error, "Connection {Connection}: a channel failed on an internal error")]
        public static partial void Defect(ILogger logger, string connection, Exception defect);
    }
}

/// <summary>The client's side of a channel, as it opened it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Window">How much it takes at first.</param>
/// <param name="MaxPacket">How much data it takes in one packet.</param>
internal readonly record struct PeerChannel(uint Id, uint Window, uint MaxPacket);
