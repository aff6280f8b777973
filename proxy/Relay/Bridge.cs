using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Relay;

/// <summary>
/// Both legs and the two pumps between them, until one leg ends; then the other is given everything that was received,
/// told why, and closed.
/// </summary>
/// <param name="tap">Sees what is relayed; null: nobody does.</param>
internal sealed class Bridge(SshServerTransport clientLeg, SshClientTransport podLeg, string sessionId, TimeProvider time, IRelayTap? tap = null)
{
    // How long the surviving leg may take to read its tail and close. A close with unread input would make the kernel
    // send a RST, which throws away what the peer has not read yet.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(15);

    // A leg that broke the protocol gets to read why, but not much time.
    private static readonly TimeSpan ViolationLinger = TimeSpan.FromSeconds(1);

    private readonly ChannelActivity _activity = new(time);
    private readonly TaskCompletionSource<Refusal> _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc cref="ChannelActivity.Review"/>
    public TimeSpan ReviewIdleTime() => _activity.Review();

    /// <summary>Ends the session and tells the client why. Any thread, any time; the first reason counts.</summary>
    public void Close(Refusal reason) => _closing.TrySetResult(reason);

    public async Task<ConnectionOutcome> RunAsync()
    {
        clientLeg.EnterRelaying();
        podLeg.EnterRelaying();
        var requests = new GlobalRequests(clientLeg);
        TappedRules? tapped = tap is null ? null : new TappedRules(requests, tap);
        Pump.Rules clientRules = tapped is null ? requests.FromClient : tapped.FromClient;
        Pump.Rules podRules = tapped is null ? requests.FromPod : tapped.FromPod;
        Task<PumpEnd> fromClient = new Pump(clientLeg, podLeg, clientRules, requests.AnswerClientAsync, _activity, tap).RunAsync();
        Task<PumpEnd> fromPod = new Pump(podLeg, clientLeg, podRules, _ => requests.ContinueAsync(), _activity, tap).RunAsync();
        try
        {
            // Here and not in the next method, whose state machine would be there all the time.
            Task first = await Task.WhenAny(fromClient, fromPod, _closing.Task).ConfigureAwait(false);
            return await EndAsync(first, fromClient, fromPod).ConfigureAwait(false);
        }
        finally
        {
            // Whatever happened: the legs' keys are freed after this, so nobody may still be using them.
            clientLeg.Abort();
            podLeg.Abort();
            await ((Task)Task.WhenAll(fromClient, fromPod)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<ConnectionOutcome> EndAsync(Task first, Task<PumpEnd> fromClient, Task<PumpEnd> fromPod)
    {
        if (first == _closing.Task)
        {
            return await CloseBothAsync(fromClient).ConfigureAwait(false);
        }
        bool clientEnded = first == fromClient;
        PumpEnd end = await (clientEnded ? fromClient : fromPod).ConfigureAwait(false);
        if (end.Cause == PumpEndCause.DestinationLost)
        {
            // The peer that takes no more may have sent more than has been read. Its own pump delivers that, and then
            // finds the end.
            clientEnded = !clientEnded;
            Task<PumpEnd> its = clientEnded ? fromClient : fromPod;
            if (await Task.WhenAny(its, _closing.Task).ConfigureAwait(false) == _closing.Task)
            {
                return await CloseBothAsync(fromClient).ConfigureAwait(false);
            }
            end = await its.ConfigureAwait(false);
        }
        (SshTransport ended, SshTransport other, Task<PumpEnd> otherPump) = clientEnded
            ? ((SshTransport)clientLeg, (SshTransport)podLeg, fromPod)
            : (podLeg, clientLeg, fromClient);
        await CloseAsync(ended, other, otherPump, end, clientEnded).ConfigureAwait(false);
        return Describe(end, clientEnded);
    }

    private async Task<ConnectionOutcome> CloseBothAsync(Task<PumpEnd> fromClient)
    {
        Refusal reason = await _closing.Task.ConfigureAwait(false);
        await Task.WhenAll(
            clientLeg.DisconnectAsync((uint)DisconnectReason.ByApplication, reason.Sentence, ViolationLinger),
            podLeg.DisconnectAsync((uint)DisconnectReason.ByApplication, reason.Sentence, ViolationLinger)).ConfigureAwait(false);
        await DrainAsync(clientLeg, fromClient, ViolationLinger).ConfigureAwait(false);
        return reason.Outcome;
    }

    private async Task CloseAsync(SshTransport ended, SshTransport other, Task<PumpEnd> otherPump, PumpEnd end, bool clientEnded)
    {
        if (end.Cause == PumpEndCause.SourceViolation)
        {
            await ended.DisconnectAsync(end.Reason, end.Text, ViolationLinger).ConfigureAwait(false);
            await ended.DrainAsync(ViolationLinger).ConfigureAwait(false);
        }
        string who = clientEnded ? "The client" : $"The pod of session {sessionId}";
        if (end.Cause == PumpEndCause.SourceDisconnected && end.Text.Length > 0)
        {
            // ssh shows it as a word of the gateway's, whose address it names.
            string said = PeerText.OneLine(end.Text);
            await other.DisconnectAsync(end.Reason, clientEnded ? said : $"{who} says: {said}", Linger).ConfigureAwait(false);
        }
        else
        {
            await other.DisconnectAsync((uint)DisconnectReason.ByApplication, $"{who} closed the connection.", Linger).ConfigureAwait(false);
        }
        ended.Abort();
        await DrainAsync(other, otherPump, Linger).ConfigureAwait(false);
    }

    private async Task DrainAsync(SshTransport leg, Task<PumpEnd> pump, TimeSpan timeout)
    {
        Task draining = DrainAsync(leg, pump);
        try
        {
            await draining.WaitAsync(timeout, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It had its time. Nobody may read on from a descriptor that is about to be closed.
            clientLeg.Abort();
            podLeg.Abort();
            await draining.ConfigureAwait(false);
        }
    }

    // The other pump may still be reading, until it finds out that its destination is gone.
    private static async Task DrainAsync(SshTransport leg, Task<PumpEnd> pump)
    {
        if ((await pump.ConfigureAwait(false)).Cause == PumpEndCause.DestinationLost)
        {
            await leg.DrainAsync().ConfigureAwait(false);
        }
    }

    private ConnectionOutcome Describe(PumpEnd end, bool clientEnded)
    {
        if (clientLeg.KeyExchangeTimedOut || podLeg.KeyExchangeTimedOut)
        {
            return new ConnectionOutcome(clientLeg.KeyExchangeTimedOut ? ConnectionEnd.ClientKeyExchangeTimeout : ConnectionEnd.PodKeyExchangeTimeout, null);
        }
        string? detail = end.Text.Length > 0 ? end.Text : null;
        return end.Cause switch
        {
            PumpEndCause.SourceClosed or PumpEndCause.SourceDisconnected => new(clientEnded ? ConnectionEnd.ClientClosed : ConnectionEnd.PodClosed, detail),
            PumpEndCause.SourceViolation => new(clientEnded ? ConnectionEnd.ClientProtocolError : ConnectionEnd.PodProtocolError, detail),
            _ => new(clientEnded ? ConnectionEnd.ClientLost : ConnectionEnd.PodLost, detail),
        };
    }
}
