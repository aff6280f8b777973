using System.Text.Json;
using Grpc.Core;
using SshGateway.Exec.ApiServer;
using SshGateway.Exec.Requests;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Proxy.Outcomes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using RelayEnd = SshGateway.Exec.Connections.ConnectionEnd;

namespace SshGateway.Tests.Integration.Programs;

/// <summary>The built programs, before anything has happened.</summary>
public sealed class FreshProgramTests : IDisposable
{
    private const string Kubeconfig = """
        {"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}], "users": [{"name": "u", "user": {"token": "t"}}],
         "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // Prometheus sees no increase in a series that begins with 1.
    [Fact]
    public async Task A_proxy_counts_from_0_whatever_can_be_counted()
    {
        await using Daemon proxy = Start("proxy", await ProxyArgumentsAsync());
        string[] series =
        [
            .. Enum.GetValues<ConnectionEnd>().Select(end => $"sshgateway_proxy_connections_ended_total{{blame=\"{end.Blame}\",end=\"{end}\"}}"),
            .. Enum.GetNames<KeyRefusal>().Select(reason => $"sshgateway_proxy_refused_keys_total{{reason=\"{reason}\"}}"),
            .. Enum.GetNames<SyncCause>().Select(cause => $"sshgateway_proxy_feed_syncs_total{{cause=\"{cause}\"}}"),
            .. FeedMetrics.LostCauses.Select(cause => $"sshgateway_proxy_feed_lost_total{{cause=\"{cause}\"}}"),
            "sshgateway_proxy_transferred_bytes_total{direction=\"from_client\"}", "sshgateway_proxy_transferred_bytes_total{direction=\"to_client\"}",
            "sshgateway_proxy_audit_lost_total", "sshgateway_proxy_connections", "sshgateway_proxy_login_duration_seconds_count",
        ];
        // There is no operator, so this one has begun to count.
        await AssertZeroAsync(proxy, series, $"sshgateway_proxy_feed_lost_total{{cause=\"{StatusCode.Unavailable}\"}}");
    }

    [Fact]
    public async Task A_relay_counts_from_0_whatever_can_be_counted()
    {
        await using Daemon relay = Start("exec", await RelayArgumentsAsync());
        string[] series =
        [
            .. Enum.GetNames<RelayEnd>().Select(end => $"sshgateway_exec_connections_ended_total{{end=\"{end}\"}}"),
            .. RequestMetrics.Kinds.SelectMany(kind => RequestMetrics.Outcomes.Select(outcome => $"sshgateway_exec_processes_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}")),
            .. RequestMetrics.Outcomes.Select(outcome => $"sshgateway_exec_forwards_total{{outcome=\"{outcome}\"}}"),
            .. Enum.GetNames<ApiServerFailure>().Select(failure => $"sshgateway_exec_api_failures_total{{failure=\"{failure}\"}}"),
            .. Enum.GetNames<SyncCause>().Select(cause => $"sshgateway_exec_feed_syncs_total{{cause=\"{cause}\"}}"),
            .. FeedMetrics.LostCauses.Select(cause => $"sshgateway_exec_feed_lost_total{{cause=\"{cause}\"}}"),
            "sshgateway_exec_connections", "sshgateway_exec_channels", "sshgateway_exec_table_entries",
        ];
        await AssertZeroAsync(relay, series, $"sshgateway_exec_feed_lost_total{{cause=\"{StatusCode.Unavailable}\"}}");
    }

    [Fact]
    public async Task An_operator_counts_from_0_whatever_can_be_counted()
    {
        _directory.Write("kubeconfig", Kubeconfig);
        await using Daemon @operator = Start("operator",
        [
            "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={_directory.File("kubeconfig")}", "--Operator:Namespaces:0=default",
            "--Operator:FeedInsecure=true", "--Operator:FeedListen=127.0.0.1:0", "--Operator:HttpListen=127.0.0.1:0",
        ]);
        string[] counters = ["lists", "watch_failures", "undecodable_objects"];
        await AssertZeroAsync(
            @operator,
            [.. counters.SelectMany(counter => WatchingMetrics.Kinds.Select(kind => $"sshgateway_operator_{counter}_total{{kind=\"{kind}\"}}")),
                "sshgateway_operator_feed_sent_bytes_total", "sshgateway_operator_suspect_host_keys_total"],
            "sshgateway_operator_lists_total", "sshgateway_operator_watch_failures_total");
    }

    [Theory]
    [InlineData("proxy")]
    [InlineData("operator")]
    [InlineData("exec")]
    public async Task A_log_in_JSON_has_an_object_in_each_line(string program)
    {
        string[] arguments = program switch
        {
            "proxy" => await ProxyArgumentsAsync(),
            "exec" => await RelayArgumentsAsync(),
            _ => OperatorArguments,
        };
        await using Daemon daemon = Start(program, [.. arguments, "--Logging:Format=json"]);
        await daemon.WaitForLineAsync("Probes listening on", TimeSpan.FromMinutes(2));

        Assert.All(
            daemon.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Equal(JsonValueKind.String, JsonElement.Parse(line).GetProperty("Message").ValueKind));
    }

    [Fact]
    public async Task A_good_configuration_is_checked_and_described_beside_the_running_proxy()
    {
        string[] arguments = await ProxyArgumentsAsync();
        CommandResult check = await CheckAsync("proxy", arguments);

        Assert.True(check.Succeeded, check.ToString());
        string fingerprint = (await Command.OutputAsync("ssh-keygen", "-lf", _directory.File("key.pub"))).Split(' ')[1];
        Assert.Contains($"Host key ssh-ed25519 {fingerprint}\n", check.Text, StringComparison.Ordinal);
        Assert.Contains($"Logs in to pods with the certificate ssh-ed25519 {fingerprint}\n", check.Text, StringComparison.Ordinal);
        Assert.EndsWith("The configuration is good\n", check.Text, StringComparison.Ordinal);

        await using Daemon proxy = Start("proxy", arguments);
        string address = await proxy.WaitForLineAsync("Probes listening on", TimeSpan.FromMinutes(2));
        CommandResult beside = await CheckAsync("proxy", [.. arguments, $"--Proxy:HttpListen={address}"]);
        Assert.True(beside.Succeeded, beside.ToString());
    }

    [Theory]
    [InlineData("proxy", "--Proxy:Penalties=yes", "Proxy:Penalties is \"yes\"; write true or false")]
    [InlineData("proxy", "--Proxy:UserCaKey=/nowhere/key", "Proxy:UserCaKey: ")]
    [InlineData("proxy", "--Proxy:RevokedKeys=/nowhere/keys", "Proxy:RevokedKeys: the file '/nowhere/keys' cannot be used")]
    [InlineData("proxy", "--Proxy:AuditLog=/nowhere/log", "Proxy:AuditLog is \"/nowhere/log\", and there is no such directory")]
    [InlineData("operator", "--Operator:Directory=/nowhere", "Operator:Directory is \"/nowhere\"")]
    [InlineData("operator", "--Operator:HttpListen=8081", "Operator:HttpListen is \"8081\"")]
    public async Task A_bad_configuration_fails_the_check_with_what_to_write_instead(string program, string argument, string sentence)
    {
        CommandResult check = await CheckAsync(program, [.. program == "proxy" ? await ProxyArgumentsAsync() : OperatorArguments, argument]);

        Assert.Equal(1, check.ExitCode);
        Assert.Empty(check.Text);
        Assert.StartsWith(sentence, check.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relays_check_says_what_would_run_and_what_is_wrong()
    {
        string[] arguments = await RelayArgumentsAsync();
        CommandResult good = await CheckAsync("exec", arguments);
        Assert.True(good.Succeeded, good.ToString());
        Assert.Contains("Accepts certificates of the user CA ssh-ed25519 SHA256:", good.Text, StringComparison.Ordinal);
        Assert.Contains("Runs commands through the API server http://127.0.0.1:1/ (", good.Text, StringComparison.Ordinal);
        Assert.EndsWith("The configuration is good\n", good.Text, StringComparison.Ordinal);

        CommandResult bad = await CheckAsync("exec", [.. arguments, "--Exec:OperatorInsecure=false", "--Exec:OperatorCA=/nowhere/ca", "--Exec:OperatorToken=/nowhere/token"]);
        Assert.Equal(1, bad.ExitCode);
        Assert.Empty(bad.Text);
        Assert.StartsWith("Exec:OperatorCA cannot be used: ", bad.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_without_its_operators_CA_or_token_fails_the_check()
    {
        string[] arguments = [.. (await ProxyArgumentsAsync()).Where(argument => !argument.Contains("OperatorInsecure", StringComparison.Ordinal))];
        CommandResult check = await CheckAsync("proxy", [.. arguments, "--Proxy:OperatorCA=/nowhere/ca", "--Proxy:OperatorToken=/nowhere/token"]);

        Assert.Equal(1, check.ExitCode);
        Assert.StartsWith("Proxy:OperatorCA cannot be used: ", check.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operators_check_reads_its_certificate_and_says_what_it_would_serve()
    {
        CommandResult good = await CheckAsync("operator", OperatorArguments);
        Assert.True(good.Succeeded, good.ToString());
        Assert.StartsWith($"Reads sessions and pods from the directory {_directory.Path}\n", good.Text, StringComparison.Ordinal);

        _directory.Write("tls.crt", "none");
        _directory.Write("tls.key", "none");
        _directory.Write("jwks.json", "none");
        CommandResult bad = await CheckAsync("operator",
        [
            $"--Operator:Directory={_directory.Path}", $"--Operator:FeedCertificate={_directory.File("tls.crt")}", $"--Operator:FeedCertificateKey={_directory.File("tls.key")}",
            $"--Operator:FeedJwks={_directory.File("jwks.json")}", "--Operator:FeedIssuer=https://issuer",
        ]);
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("Operator:FeedCertificate and Operator:FeedCertificateKey: ", bad.ErrorText, StringComparison.Ordinal);
        Assert.Contains("jwks.json is no JSON Web Key Set", bad.ErrorText, StringComparison.Ordinal);
    }

    private string[] OperatorArguments =>
        [$"--Operator:Directory={_directory.Path}", "--Operator:FeedInsecure=true", "--Operator:FeedListen=127.0.0.1:0", "--Operator:HttpListen=127.0.0.1:0"];

    private async Task<string[]> ProxyArgumentsAsync()
    {
        KeyPair key = await KeyPair.GenerateAsync(_directory.Path, "key");
        return
        [
            "--Proxy:Listen=127.0.0.1:0", "--Proxy:HttpListen=127.0.0.1:0", $"--Proxy:HostKeys:0={key.PrivateFile}", $"--Proxy:UserCaKey={key.PrivateFile}",
            "--Proxy:Operators:0=127.0.0.1:1", "--Proxy:OperatorInsecure=true",
        ];
    }

    private async Task<string[]> RelayArgumentsAsync()
    {
        KeyPair key = await KeyPair.GenerateAsync(_directory.Path, "relay");
        _directory.Write("kubeconfig", Kubeconfig);
        return
        [
            "--Exec:Listen=127.0.0.1:0", "--Exec:HttpListen=127.0.0.1:0", $"--Exec:HostKeys:0={key.PrivateFile}", $"--Exec:UserCa={key.PublicFile}",
            "--Exec:Operators:0=127.0.0.1:1", "--Exec:OperatorInsecure=true", $"--Exec:Kubeconfig={_directory.File("kubeconfig")}",
        ];
    }

    private static Daemon Start(string program, string[] arguments) => GatewayProgram.Start($"{program}-fresh", program, arguments);

    private static Task<CommandResult> CheckAsync(string program, string[] arguments) => GatewayProgram.RunAsync(program, ["--check", .. arguments]);

    private static async Task AssertZeroAsync(Daemon program, string[] series, params string[] counting)
    {
        string address = await program.WaitForLineAsync("Probes listening on", TimeSpan.FromMinutes(2));
        string text = (await Scrape.OfAsync(new Uri($"http://{address}"))).Text;
        string[] lines = text.Split('\n');
        Assert.All(series, name => Assert.Contains(lines, line => line == $"{name} 0" || (counting.Any(counter => name.StartsWith(counter, StringComparison.Ordinal)) && line.StartsWith($"{name} ", StringComparison.Ordinal))));
    }
}
