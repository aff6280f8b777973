using System.Diagnostics;
using SshGateway.Hosting.Text;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.SshConnections;

/// <summary>
/// Logs an authenticated client in to its session's pod as it is now: waits for a pod that is on its way, and begins
/// again where the pod changes meanwhile. Tells the user what it waits for.
/// </summary>
internal sealed class SessionLogin(SessionTable table, PodLogin podLogin, WaitingLogins waiting, PodLoginLimits limits, TimeProvider time)
{
    // The session may change while a login is under way. After the time to wait for a pod, one that keeps changing is
    // not worth following.
    private const int Attempts = 3;

    // A login at a pod takes milliseconds. After this long the user is told what it waits for.
    private static readonly TimeSpan SilentLogin = TimeSpan.FromSeconds(5);

    /// <param name="loop">Where the client's events come from.</param>
    /// <param name="sendBanner">Takes banners for the user, as messages.</param>
    /// <param name="notice">A sentence that the user reads in any case; null: there is none.</param>
    /// <param name="cancellation">The client has left.</param>
    public async Task<Result<SshClientTransport>> RunAsync(
        AuthenticatedClient client, OpenSession session, IEventLoop loop, Func<ReadOnlyMemory<byte>, ValueTask> sendBanner, string? notice,
        CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(limits.WaitForPod, time);
        var words = new LoginWords(client.Entry.SessionId, sendBanner);
        if (notice is not null)
        {
            await words.SayAsync(notice).ConfigureAwait(false);
        }
        bool hasToldWait = false;
        SessionEntry? entry = client.Entry;
        for (int attempt = 1; attempt <= Attempts || !patience.IsCancellationRequested; attempt++)
        {
            if (!patience.IsCancellationRequested && LoginGate.IsStarting(entry, time.GetUtcNow()))
            {
                if (!hasToldWait)
                {
                    hasToldWait = true;
                    await words.SayAsync(SessionSentences.Waiting(entry, limits.WaitForPod)).ConfigureAwait(false);
                }
                entry = await AwaitPodAsync(client, entry, session, patience.Token, cancellation).ConfigureAwait(false);
            }
            if (entry is null)
            {
                break;
            }
            if (LoginGate.Check(entry, time.GetUtcNow()) is { } refusal)
            {
                return refusal;
            }
            Result<SshClientTransport> login = await LogInToPodAsync(client with { Entry = entry }, loop, words, cancellation).ConfigureAwait(false);
            SessionEntry? now = FindEntry(client);
            Refusal? changed = now is null ? Changed(client) : Recheck(now, client);
            if (login.IsSuccess ? changed is null && now!.PodUid == entry.PodUid : changed is not null || !CanWait(login.Refusal, entry, now!))
            {
                return login;
            }
            if (login.IsSuccess)
            {
                await login.Value.DisposeAsync().ConfigureAwait(false);
            }
            if (changed is not null)
            {
                return changed;
            }
            entry = now!;
        }
        return Changed(client);
    }

    // A failed readiness probe does not end a login that the pod has just accepted. Another pod is waited for.
    // A recording was begun, or not, as the session said at first.
    private Refusal? Recheck(SessionEntry entry, AuthenticatedClient client) =>
        entry.Recording != client.Entry.Recording ? Changed(client)
        : LoginGate.IsStarting(entry, time.GetUtcNow()) ? null : LoginGate.Check(entry, time.GetUtcNow());

    // A pod that restarts fails the login first, and is unready or replaced then.
    private bool CanWait(Refusal refusal, SessionEntry entry, SessionEntry now) =>
        refusal.End is ConnectionEnd.PodUnreachable or ConnectionEnd.PodHandshakeFailed or ConnectionEnd.ExecRelayUnreachable or ConnectionEnd.ExecRelayRefusedLogin
        && (now.PodUid != entry.PodUid || LoginGate.IsStarting(now, time.GetUtcNow()));

    private async Task<Result<SshClientTransport>> LogInToPodAsync(
        AuthenticatedClient client, IEventLoop loop, LoginWords words, CancellationToken cancellation)
    {
        using var over = new CancellationTokenSource();
        Task<Result<SshClientTransport>> login = podLogin.RunAsync(client, loop, words.RelayAsync, cancellation);
        Task wait = Task.Delay(SilentLogin, time, over.Token);
        if (await Task.WhenAny(login, wait).ConfigureAwait(false) == wait)
        {
            await words.SayAsync(
                $"The pod of session {client.Entry.SessionId} has not completed the login yet. Waiting up to {Quantity.Describe(limits.LoginTimeout)}.")
                .ConfigureAwait(false);
        }
        over.Cancel();
        return await login.ConfigureAwait(false);
    }

    /// <summary>The session's entry when there is nothing to wait for; null: it no longer admits the client.</summary>
    private async Task<SessionEntry?> AwaitPodAsync(
        AuthenticatedClient client, SessionEntry entry, OpenSession session, CancellationToken patience, CancellationToken cancellation)
    {
        using Activity? step = LoginTrace.Start(LoginTrace.Wait);
        // Behind the authentication, so that nobody else wakes a session.
        using IDisposable wait = waiting.Add(entry.SessionId);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience, cancellation);
        while (!either.IsCancellationRequested && LoginGate.IsStarting(entry, time.GetUtcNow()))
        {
            Task change = session.NextChange();
            // What changed before that is seen here.
            if (FindEntry(client) is not { } now)
            {
                return null;
            }
            entry = now;
            if (LoginGate.IsStarting(entry, time.GetUtcNow()))
            {
                await change.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        cancellation.ThrowIfCancellationRequested();
        return entry;
    }

    /// <summary>The session's entry as it is now; null: it is gone, or no longer admits the client.</summary>
    private SessionEntry? FindEntry(AuthenticatedClient client) =>
        table.TryGet(client.Entry.SessionId, out SessionEntry? now) && client.FindProblem(now, time.GetUtcNow()) is null ? now : null;

    private static Refusal Changed(AuthenticatedClient client) => new(
        ConnectionEnd.SessionChanged, $"Session {client.Entry.SessionId} changed during the login. Try again.");
}
