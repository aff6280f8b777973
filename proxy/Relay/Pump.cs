using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Relay;

/// <summary>
/// Moves packets from one leg to the other: decrypts what one read brought, encrypts it into one batch, writes that
/// once. Holds no buffer while nothing comes. It waits for its destination, and so its source is read no faster than
/// its destination takes.
/// </summary>
internal sealed class Pump(
    SshTransport source, SshTransport destination, Pump.Rules rules, Func<InboundPacket, ValueTask> answer, ChannelActivity activity, IRelayTap? tap = null)
{
    // This runs on the thread of the event loop for as long as there is something to move. After this many bytes others
    // get their turn, so that a keystroke does not wait long behind a bulk transfer.
    private const long BytesPerTurn = 256 * 1024;

    // ssh and sshd count keepalives without an answer. Any packet resets the count, also an IGNORE (RFC 4253 section
    // 11.2).
    private static readonly byte[] SignOfLife = [MessageNumber.Ignore, 0, 0, 0, 0];

    private bool _atDestination;

    /// <summary>What becomes of each message.</summary>
    internal delegate Disposition Rules(in InboundPacket packet);

    /// <summary>Runs until the source ends or the destination takes no more. No peer makes it throw.</summary>
    public async Task<PumpEnd> RunAsync()
    {
        try
        {
            // From the thread that the login ended on to the one that the events come from.
            await source.Socket.Loop.YieldAsync(LoopPriority.Relay);
            long turnEnds = source.Input.TotalBytes + BytesPerTurn;
            while (true)
            {
                await RelayReadPacketsAsync().ConfigureAwait(false);
                if (tap is not null)
                {
                    await AtDestination(tap.FlushAsync()).ConfigureAwait(false);
                }
                await StartRekeysAsync().ConfigureAwait(false);
                if (source.Input.TotalBytes >= turnEnds)
                {
                    turnEnds = source.Input.TotalBytes + BytesPerTurn;
                    await source.Socket.Loop.YieldAsync(LoopPriority.Relay);
                }
                if (!await source.Input.FillAsync().ConfigureAwait(false))
                {
                    return new PumpEnd(PumpEndCause.SourceClosed);
                }
            }
        }
        catch (PeerDisconnectedException disconnect)
        {
            return new PumpEnd(PumpEndCause.SourceDisconnected, disconnect.Reason, disconnect.Description);
        }
        catch (SshProtocolException violation)
        {
            return new PumpEnd(PumpEndCause.SourceViolation, (uint)violation.Reason, violation.Message);
        }
        catch (SshFormatException violation)
        {
            return new PumpEnd(PumpEndCause.SourceViolation, (uint)DisconnectReason.ProtocolError, violation.Message);
        }
        catch (PeerGoneException broken)
        {
            return new PumpEnd(_atDestination ? PumpEndCause.DestinationLost : PumpEndCause.SourceLost, Text: broken.Message);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RelayReadPacketsAsync()
    {
        bool batchIsOpen = false;
        bool isUse = false;
        try
        {
            while (source.Input.TryRead(out InboundPacket packet))
            {
                Disposition disposition = rules(packet);
                if (disposition is Disposition.Relay or Disposition.RelayThenAnswer)
                {
                    CheckOrder(packet);
                    isUse |= ChannelActivity.CountsAsUse(packet.Number);
                    while (true)
                    {
                        if (!batchIsOpen)
                        {
                            await AtDestination(destination.Output.OpenBatchAsync()).ConfigureAwait(false);
                            batchIsOpen = true;
                        }
                        if (destination.Output.TryRelay(packet))
                        {
                            break;
                        }
                        batchIsOpen = false;
                        await AtDestination(destination.Output.CloseAndFlushAsync()).ConfigureAwait(false);
                    }
                    if (disposition == Disposition.Relay)
                    {
                        continue;
                    }
                }
                // The batch is a lock, and what follows may wait.
                if (batchIsOpen)
                {
                    batchIsOpen = false;
                    await AtDestination(destination.Output.CloseAndFlushAsync()).ConfigureAwait(false);
                }
                await HandleAsync(packet, disposition).ConfigureAwait(false);
            }
        }
        finally
        {
            if (isUse)
            {
                activity.Mark();
            }
            // Also behind a packet that is not authentic: what came before it was, and is delivered.
            if (batchIsOpen)
            {
                await AtDestination(destination.Output.CloseAndFlushAsync()).ConfigureAwait(false);
            }
        }
    }

    // RFC 4253 section 7.1 allows no such packet behind a KEXINIT. OpenSSH takes it all the same, and there are clients
    // that send it (asyncssh as patched by Debian 12). Not while the other leg is in an exchange as well: then two key
    // exchanges could wait for each other (TransportKeyExchange.TryStartAsync).
    private void CheckOrder(in InboundPacket packet)
    {
        if (source.PeerIsExchanging && destination.Output.IsHeldForKeyExchange)
        {
            throw new SshProtocolException($"message {packet.Number} during a key exchange");
        }
    }

    private ValueTask AtDestination(ValueTask operation) =>
        operation.IsCompletedSuccessfully ? operation : WaitAtDestinationAsync(operation);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAtDestinationAsync(ValueTask operation)
    {
        _atDestination = true;
        source.ReaderIsHeldUp = true;
        await operation.ConfigureAwait(false);
        source.ReaderIsHeldUp = false;
        _atDestination = false;
    }

    private async ValueTask HandleAsync(InboundPacket packet, Disposition disposition)
    {
        switch (disposition)
        {
            case Disposition.Answer:
                await answer(packet).ConfigureAwait(false);
                break;
            case Disposition.RelayThenAnswer:
                await AtDestination(answer(packet)).ConfigureAwait(false);
                break;
            case Disposition.Transport:
                await source.HandleTransportMessageAsync(packet).ConfigureAwait(false);
                break;
            case Disposition.SignalLife:
                await AtDestination(destination.Output.OfferAsync(SignOfLife, duringKeyExchange: false)).ConfigureAwait(false);
                break;
            case Disposition.Unimplemented:
                await source.SendUnimplementedAsync(packet.Sequence).ConfigureAwait(false);
                break;
            case Disposition.Violation:
                throw new SshProtocolException($"message {packet.Number} after authentication");
        }
    }

    private async ValueTask StartRekeysAsync()
    {
        await source.TryStartRekeyAsync(destination).ConfigureAwait(false);
        await AtDestination(destination.TryStartRekeyAsync(source)).ConfigureAwait(false);
    }
}
