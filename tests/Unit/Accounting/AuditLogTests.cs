using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Accounting;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Passthrough;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.Accounting;

public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string LogFile => Path.Combine(_directory.Path, "log", "audit.json");

    public AuditLogTests() => Directory.CreateDirectory(Path.GetDirectoryName(LogFile)!);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_connection_leaves_a_line_that_says_who_where_and_how_it_ended_and_one_for_its_login()
    {
        var gateway = new GatewayRig(new ProxyOptions { AuditLog = LogFile, Id = "proxy-7" }, new PodLoginLimits());
        await gateway.InitializeAsync();
        await using (SshClientTransport client = await gateway.LogInAsync())
        {
            await client.Output.SendAsync(new byte[] { 94, 1, 2 });
            await client.ReceiveAsync();
            // A proxy that is killed leaves this much.
            await Eventually.TrueAsync(() => File.ReadAllText(LogFile).EndsWith('\n'), "the login is not written");
            client.Abort();
        }
        await gateway.Ends.NextAsync();
        using (ConnectClient refused = await ConnectClient.AskAsync(gateway.Address, "nobody:22"))
        {
            Assert.StartsWith("HTTP/1.1 403", await refused.AnswerAsync(), StringComparison.Ordinal);
        }
        await gateway.Ends.NextAsync();
        await gateway.DisposeAsync();

        JsonElement[] lines = Lines();
        Assert.Equal(["login", "end", "end"], lines.Select(line => Text(line, "event")));
        JsonElement login = lines[0];
        lines = lines[1..];
        Assert.Equal(
            (Text(lines[0], "connection"), GatewayRig.SessionId, "uid-1", gateway.Key.PublicKey.Fingerprint, Number(lines[0], "loggedInAfter")),
            (Text(login, "connection"), Text(login, "session"), Text(login, "podUid"), Text(login, "key"), Number(login, "loggedInAfter")));
        Assert.False(login.TryGetProperty("end", out _) || login.TryGetProperty("bytesToClient", out _), login.ToString());
        Assert.NotEqual(Text(lines[0], "connection"), Text(lines[1], "connection"));
        Assert.Equal(2, gateway.Ends.Lines.Count(line => line.Contains($"onnection {Text(login, "connection")} from 127.0.0.1", StringComparison.Ordinal)
            && (line.Contains("logged in", StringComparison.Ordinal) || line.Contains("closed", StringComparison.Ordinal))));
        Assert.Equal(
            ("proxy-7", "ssh", GatewayRig.SessionId, "claude-abc12", "uid-1", gateway.Key.PublicKey.Fingerprint, "ClientClosed", "Nobody"),
            (Text(lines[0], "proxy"), Text(lines[0], "protocol"), Text(lines[0], "session"), Text(lines[0], "pod"), Text(lines[0], "podUid"), Text(lines[0], "key"),
                Text(lines[0], "end"), Text(lines[0], "blame")));
        Assert.StartsWith("127.0.0.1:", Text(lines[0], "client"), StringComparison.Ordinal);
        double[] clock = [0, Number(lines[0], "keyExchangeAfter"), Number(lines[0], "authenticatedAfter"), Number(lines[0], "loggedInAfter"), Number(lines[0], "seconds")];
        Assert.Equal(clock.Order(), clock);
        Assert.True(Number(lines[0], "bytesFromClient") > 500 && Number(lines[0], "bytesToClient") > 500, lines[0].ToString());
        Assert.Equal(("passthrough", "nobody", "PassthroughRefused", "Client"), (Text(lines[1], "protocol"), Text(lines[1], "session"), Text(lines[1], "end"), Text(lines[1], "blame")));
        Assert.False(lines[1].TryGetProperty("pod", out _));
        gateway.Dispose();
    }

    // Their number is an attacker's choice.
    [Fact]
    public async Task What_a_limit_refuses_is_one_line_and_then_one_for_all_that_followed()
    {
        var gateway = new GatewayRig(new ProxyOptions { AuditLog = LogFile, MaxConnections = 1 }, new PodLoginLimits());
        await gateway.InitializeAsync();
        await using (SshClientTransport client = await gateway.LogInAsync())
        {
            for (int i = 0; i < 50; i++)
            {
                using HandmadeClient refused = await HandmadeClient.ConnectAsync(gateway.Address);
                refused.ShutdownWrites();
                await refused.ReadToEndAsync();
            }
        }
        await gateway.DisposeAsync();

        JsonElement[] refusals = [.. Lines().Where(line => Text(line, "event") == "end" && Text(line, "end") == "ProxyFull")];
        Assert.Equal(2, refusals.Length);
        Assert.False(refusals[0].TryGetProperty("count", out _));
        Assert.Equal(49, Number(refusals[1], "count"));
        Assert.Equal(2, gateway.Ends.Lines.Count(line => line.Contains("ProxyFull", StringComparison.Ordinal)));
        Assert.Contains(gateway.Ends.Lines, line => line.Contains("(one of 49 from this source since the last such line)", StringComparison.Ordinal));
        gateway.Dispose();
    }

    [Fact]
    public async Task A_login_by_a_certificate_names_it()
    {
        using SshPrivateKey ca = Ed25519PrivateKey.Generate();
        var gateway = new GatewayRig(new ProxyOptions { AuditLog = LogFile }, new PodLoginLimits());
        await gateway.InitializeAsync();
        gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: gateway.Pod.EndPoint, userCAs: [ca.PublicKey]));
        Certificate certificate = new(gateway.Key.PublicKey, ca) { KeyId = "alice\n", Serial = ulong.MaxValue };
        await using (SshClientTransport client = await gateway.ConnectForAuthenticationAsync())
        {
            await client.Output.SendAsync(AuthMessages.Signed(
                client.SshSessionId.ToArray(), GatewayRig.SessionId, certificate.TypeName, certificate.ToBlob(),
                data => gateway.Key.Sign(data))).Limited();
            Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
            client.Abort();
        }
        await gateway.Ends.NextAsync();
        await gateway.DisposeAsync();
        JsonElement line = Assert.Single(Lines(), line => Text(line, "event") == "end");
        Assert.Equal(
            (gateway.Key.PublicKey.Fingerprint, "alice ", "18446744073709551615", ca.PublicKey.Fingerprint),
            (Text(line, "key"), Text(line, "certificate"), Text(line, "certificateSerial"), Text(line, "certificateAuthority")));
        gateway.Dispose();
    }

    [Fact]
    public async Task A_fingerprint_is_found_as_it_is_written_elsewhere()
    {
        using AuditLog log = New();
        log.Write(AuditSamples.Record("s") with { Key = "SHA256:a+b/c" });
        await log.StartAsync(CancellationToken.None);
        await log.StopAsync(CancellationToken.None);
        Assert.Contains("\"SHA256:a+b/c\"", await File.ReadAllTextAsync(LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_queue_holds_up_nobody_and_says_how_many_are_missing()
    {
        using AuditLog log = New();
        for (int i = 0; i < AuditLog.Capacity + 10; i++)
        {
            log.Write(AuditSamples.Record($"s{i}"));
        }
        await log.StartAsync(CancellationToken.None);
        await log.StopAsync(CancellationToken.None);
        JsonElement[] lines = Lines();
        Assert.Equal(AuditLog.Capacity + 1, lines.Length);
        Assert.Equal(10, Number(lines[0], "lost"));
        Assert.Equal("s0", Text(lines[1], "session"));
        Assert.Equal($"s{AuditLog.Capacity - 1}", Text(lines[^1], "session"));
    }

    [Fact]
    public async Task A_file_that_is_rotated_or_cannot_be_written_for_a_while_ends_nothing()
    {
        using AuditLog log = New();
        await log.StartAsync(CancellationToken.None);
        await WriteAsync(log, "first");
        File.Move(LogFile, LogFile + ".1");
        await WriteAsync(log, "second");
        Assert.Equal(["second"], Lines().Select(line => Text(line, "session")));

        string directory = Path.GetDirectoryName(LogFile)!;
        Directory.Move(directory, directory + ".away");
        log.Write(AuditSamples.Record("lost"));
        await Eventually.TrueAsync(() => log.Lost == 1, "nothing is lost");
        Directory.Move(directory + ".away", directory);
        await WriteAsync(log, "third");

        JsonElement[] lines = Lines();
        Assert.Equal(3, lines.Length);
        Assert.Equal(1, Number(lines[1], "lost"));
        Assert.Equal("third", Text(lines[2], "session"));
        await log.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_stops_the_start_with_a_remedy()
    {
        using var log = new AuditLog("/proc/nowhere/audit", "proxy-7", TimeProvider.System, NullLogger<AuditLog>.Instance);
        IOException refused = await Assert.ThrowsAsync<IOException>(() => log.StartAsync(CancellationToken.None));
        Assert.Contains("Proxy:AuditLog is \"/proc/nowhere/audit\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_documentation_has_every_field_and_every_end()
    {
        string document = File.ReadAllText(Repository.File("docs/audit.md"));
        IEnumerable<string> fields = typeof(AuditRecord).GetProperties().Concat(typeof(AuditLoss).GetProperties())
            .Where(property => property.Name != "EqualityContract")
            .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));
        Assert.All(fields.Concat(Enum.GetNames<ConnectionEnd>()), name => Assert.Contains($"`{name}`", document, StringComparison.Ordinal));
    }

    private AuditLog New() => new(LogFile, "proxy-7", TimeProvider.System, NullLogger<AuditLog>.Instance);

    private async Task WriteAsync(AuditLog log, string session)
    {
        log.Write(AuditSamples.Record(session));
        await Eventually.TrueAsync(() => File.Exists(LogFile) && File.ReadAllText(LogFile).Contains($"\"{session}\"", StringComparison.Ordinal), $"{session} is not written");
    }

    private JsonElement[] Lines() => [.. File.ReadAllLines(LogFile).Select(line => JsonElement.Parse(line))];

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();

    private static double Number(JsonElement line, string name) => line.GetProperty(name).GetDouble();
}
