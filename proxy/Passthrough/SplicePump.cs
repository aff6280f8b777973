using System.Buffers;
using SshGateway.Proxy.Relay;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Proxy.Passthrough;

/// <summary>
/// Moves bytes from one socket to the other within the kernel: socket, pipe, socket. Holds neither pipe nor buffer
/// while nothing comes. It waits for its destination, and so its source is read no faster than its destination takes.
/// The source's end is carried over as the end of what is written.
/// </summary>
/// <param name="meter">Sees the first ones, which are copied for that; null: nobody does.</param>
internal sealed class SplicePump(IPeerSocket source, IPeerSocket destination, PipePool pipes, ChannelActivity activity, HandshakeMeter? meter = null)
{
    // This runs on the thread of the event loop; after this many bytes others get their turn.
    private const int BytesPerTurn = 1024 * 1024;

    private const int CopySize = 64 * 1024;

    private bool _atDestination;

    /// <summary>Bytes so far.</summary>
    public long Moved { get; private set; }

    /// <summary>Runs until the source ends or one of the two breaks. Does not throw for what peers do.</summary>
    /// <param name="first">Bytes of the source that were read already.</param>
    public async Task<PumpEndCause> RunAsync(ReadOnlyMemory<byte> first = default)
    {
        try
        {
            await WriteAsync(first).ConfigureAwait(false);
            do
            {
                await source.WaitReadableAsync().ConfigureAwait(false);
            }
            while (await MoveAsync().ConfigureAwait(false));
            destination.ShutdownWrites();
            return PumpEndCause.SourceClosed;
        }
        catch (PeerGoneException)
        {
            return _atDestination ? PumpEndCause.DestinationLost : PumpEndCause.SourceLost;
        }
    }

    /// <summary>Moves what is there. False: the source has ended.</summary>
    private async ValueTask<bool> MoveAsync()
    {
        Pipe? pipe = meter is { IsDone: false } ? null : pipes.Rent();
        if (pipe is null)
        {
            return await CopyAsync().ConfigureAwait(false);
        }
        // One that is not empty is of no use to anybody.
        bool isEmpty = false;
        try
        {
            int count = await SpliceAsync(pipe).ConfigureAwait(false);
            isEmpty = true;
            if (count == SpliceResult.Unsupported)
            {
                pipes.SpliceIsUnsupported();
            }
            return count != 0;
        }
        finally
        {
            if (isEmpty)
            {
                pipes.Return(pipe);
            }
            else
            {
                pipe.Dispose();
            }
        }
    }

    /// <summary>The last splice from the source: 0 when it has ended.</summary>
    private async ValueTask<int> SpliceAsync(Pipe pipe)
    {
        int count;
        int turn = 0;
        while ((count = source.SpliceInto(pipe.WriteEnd, PipePool.PipeSize)) > 0)
        {
            activity.Mark();
            _atDestination = true;
            await destination.SpliceFromAsync(pipe.ReadEnd, count).ConfigureAwait(false);
            _atDestination = false;
            Moved += count;
            turn += count;
            if (turn >= BytesPerTurn)
            {
                await source.Loop.YieldAsync(LoopPriority.Relay);
                break;
            }
        }
        return count;
    }

    private async ValueTask<bool> CopyAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopySize);
        try
        {
            int count = await source.ReadAsync(buffer).ConfigureAwait(false);
            meter?.Add(buffer.AsSpan(0, count));
            await WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            return count > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }
        activity.Mark();
        _atDestination = true;
        await destination.WriteAsync(bytes).ConfigureAwait(false);
        _atDestination = false;
        Moved += bytes.Length;
    }
}
