using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Soak;

/// <summary>
/// Users and strangers: logins, transfers with many key exchanges, readers that stall, passthrough, sessions that stay
/// open, one connection in twenty hostile, and sessions and pods that change meanwhile.
/// </summary>
internal sealed class SoakLoad(SoakGateway gateway)
{
    private const int Lanes = 2;
    private const int OpenSessions = 16;
    private const int StalledBytes = 8 << 20;
    private const int TransferBytes = 2 << 20;

    // It soaks and does not saturate: on a machine with no time left, everything would be late.
    private static readonly TimeSpan BetweenUses = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenChanges = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenEchoes = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(15);
    private static readonly string WhereAmI = "set -- $SSH_CONNECTION; echo $3";

    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly byte[] _data = new byte[TransferBytes];

    /// <summary>What went wrong and was not killed.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>How much was done, of each kind.</summary>
    public string Summary => string.Join(", ", _counts.OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Value} {kind.Key}")));

    public Task RunAsync(CancellationToken enough)
    {
        Random.Shared.NextBytes(_data);
        return Task.WhenAll(
        [
            .. Enumerable.Range(0, Lanes).Select(lane => RepeatAsync(random => UseAsync(random, enough), lane, enough)),
            .. Enumerable.Range(0, OpenSessions).Select(number => RepeatAsync(random => StayAsync(random, enough), number, enough)),
            RepeatAsync(random => StallAsync(random, enough), 0, enough),
            RepeatAsync(random => LogInToChangingAsync(random, enough), 0, enough),
            RepeatAsync(random => ChangeAsync(random, enough), 0, enough),
        ]);
    }

    private static async Task RepeatAsync(Func<Random, Task> action, int seed, CancellationToken enough)
    {
        Random random = new(seed);
        while (!enough.IsCancellationRequested)
        {
            await action(random);
        }
    }

    private async Task UseAsync(Random random, CancellationToken enough)
    {
        if (!await SoakTests.PauseAsync(BetweenUses, enough))
        {
            return;
        }
        int session = random.Next(SoakGateway.Lasting);
        string id = SoakGateway.Id(session);
        int choice = random.Next(100);
        if (choice < 5)
        {
            await AttemptAsync("hostile connections", random, proxy => Stranger.AttackAsync(gateway, proxy, session, random, enough));
        }
        else if (choice < 15)
        {
            await AttemptAsync("passthrough logins", random, async proxy =>
                Expect(await gateway.ClientOfPod(proxy, session).RunAsync(id, WhereAmI), $"{gateway.Pod(session).Address}\n"));
        }
        else if (choice < 35)
        {
            string checksum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(_data));
            await AttemptAsync("transfers with key exchanges", random, async proxy =>
                Expect(await gateway.Client(proxy).With("RekeyLimit=256K").RunAsync(id, "tee /dev/stderr | sha256sum | cut -c 1-64", _data), $"{checksum}\n"));
        }
        else
        {
            await AttemptAsync("logins", random, async proxy =>
                Expect(await gateway.Client(proxy).RunAsync(id, WhereAmI), $"{gateway.Pod(session).Address}\n"));
        }
    }

    /// <summary>A session that is open for some minutes, with key exchanges by time.</summary>
    private Task StayAsync(Random random, CancellationToken enough) => AttemptAsync("sessions left open", random, async proxy =>
    {
        TimeSpan time = TimeSpan.FromSeconds(random.Next(10, 180));
        Stopwatch clock = Stopwatch.StartNew();
        await using LineDialog dialog = LineDialog.Start(gateway.Client(proxy).With("RekeyLimit=1G 20s"), SoakGateway.Id(random.Next(SoakGateway.Lasting)), "cat");
        for (int line = 0; clock.Elapsed < time; line++)
        {
            string text = $"line {line}";
            Assert.Equal(text, await dialog.EchoAsync(text));
            Count("lines echoed");
            if (!await SoakTests.PauseAsync(BetweenEchoes, enough))
            {
                break;
            }
        }
        Assert.Equal(0, await dialog.FinishAsync());
    });

    /// <summary>A client that reads nothing for a while, and then everything.</summary>
    private Task StallAsync(Random random, CancellationToken enough) => AttemptAsync("stalled readers", random, async proxy =>
    {
        string id = SoakGateway.Id(random.Next(SoakGateway.Lasting));
        await using GreedyClient client = await GreedyClient.StartAsync(
            gateway.Proxies[proxy].Ssh, id, gateway.UserKey, string.Create(CultureInfo.InvariantCulture, $"head -c {StalledBytes} /dev/zero"));
        await SoakTests.PauseAsync(Stall, enough);
        Assert.Equal(StalledBytes, (await client.ReadAsync()).Length);
    });

    /// <summary>A login to a session that may not be there, and never to another one's pod.</summary>
    private Task LogInToChangingAsync(Random random, CancellationToken enough) => AttemptAsync("logins to sessions that change", random, async proxy =>
    {
        await SoakTests.PauseAsync(BetweenUses, enough);
        int session = random.Next(SoakGateway.Lasting, SoakGateway.Sessions);
        CommandResult login = await gateway.Client(proxy).RunAsync(SoakGateway.Id(session), WhereAmI);
        Assert.True(login.ExitCode is 255 && login.Text.Length == 0 || login.Text == $"{gateway.Pod(session).Address}\n", login.ToString());
        Count(login.ExitCode == 0 ? "let in to sessions that change" : "refused by sessions that change");
    });

    private async Task ChangeAsync(Random random, CancellationToken enough)
    {
        if (await SoakTests.PauseAsync(BetweenChanges, enough))
        {
            await gateway.ChurnAsync(random);
            Count("changes");
        }
    }

    /// <summary>What fails through a proxy that ended meanwhile was killed; all else is a failure.</summary>
    private async Task AttemptAsync(string kind, Random random, Func<int, Task> attempt)
    {
        int proxy = random.Next(gateway.Proxies.Count);
        int life = gateway.LifeOf(proxy);
        if (life % 2 != 0)
        {
            // A lane must not spin while two of three are away.
            proxy = 0;
            life = gateway.LifeOf(proxy);
        }
        DateTimeOffset began = DateTimeOffset.UtcNow;
        try
        {
            await attempt(proxy);
            Count(kind);
        }
        catch (Exception failure) when (failure is Xunit.Sdk.XunitException or PeerGoneException or PeerDisconnectedException or SocketException or IOException or OperationCanceledException)
        {
            if (gateway.LifeOf(proxy) != life)
            {
                Count("of killed proxies");
            }
            else
            {
                Failures.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{kind}, proxy {proxy}, from {began:HH:mm:ss} to {DateTimeOffset.UtcNow:HH:mm:ss}: {failure}"));
            }
        }
    }

    private static void Expect(CommandResult result, string text) => Assert.True(result.Succeeded && result.Text == text, result.ToString());

    private void Count(string kind) => _counts.AddOrUpdate(kind, 1, (_, count) => count + 1);
}
