using System.Net;
using System.Net.Sockets;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Programs;

/// <summary>
/// What a newcomer writes wrong, given to the built programs: one sentence that names the key and the remedy, and the
/// exit status 1.
/// </summary>
public sealed class StartFailureTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public StartFailureTests()
    {
        _taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _taken.Listen();
    }

    private string Taken => $"{_taken.LocalEndPoint}";

    public void Dispose()
    {
        _taken.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("--Proxy:Penalties=yes", "Proxy:Penalties is \"yes\"; write true or false")]
    [InlineData("--Proxy:HostKeys=/key", "Proxy:HostKeys is \"/key\", and must be a list; write Proxy:HostKeys:0=/key")]
    [InlineData("--Logging:LogLevel:Default=Verbose", "Logging:LogLevel:Default is \"Verbose\"; write Trace, Debug, Information,")]
    [InlineData("--Logging:LogLevels:Default=Debug", "Logging:LogLevels is no key; write Logging:LogLevel:<category>=<level>")]
    [InlineData("--Proxies:Listen=[::]:22", "--Proxies:Listen on the command line is no setting; write --config=<file> or --Proxy:<setting>=<value>")]
    [InlineData("stray", "\"stray\" on the command line is no setting; write --Proxy:<setting>=<value>")]
    [InlineData("--Proxy:Penalties", "--Proxy:Penalties on the command line has no value; write --Proxy:Penalties=<value>")]
    [InlineData("--Proxy:HttpListen=TAKEN", "Proxy:HttpListen is \"TAKEN\", which cannot be listened on: Address already in use; end the program that listens there")]
    [InlineData("--Proxy:Listen=TAKEN", "Proxy:Listen is \"TAKEN\", which cannot be listened on: Address already in use; end the program that listens there")]
    [InlineData("--Proxy:UserCaKey=CUT", "Proxy:UserCaKey: the private key file 'CUT' cannot be used: it is cut short")]
    [InlineData("--Proxy:UserCaKey=@fifo", "Proxy:UserCaKey: @fifo: is no regular file")]
    [InlineData("--Proxy:RevokedKeys=@fifo", "Proxy:RevokedKeys: the file '@fifo' cannot be used: @fifo: is no regular file")]
    [InlineData("--Proxy:AuditLog=@fifo", "Proxy:AuditLog is \"@fifo\", which cannot be written: nobody reads from this FIFO; write a file")]
    [InlineData("--config=@fifo", "@fifo: is no regular file")]
    public async Task A_proxy_says_what_to_write_instead(string argument, string sentence) =>
        await AssertRefusedAsync("proxy", sentence, [.. await ProxyArgumentsAsync(), Fill(argument)]);

    [Theory]
    [InlineData("--Operator:FeedInsecure=1", "Operator:FeedInsecure is \"1\"; write true or false")]
    [InlineData("--Operator:Directory:0=/tmp", "Operator:Directory is a list or has parts (Operator:Directory:0), and must be one value; write Operator:Directory=/tmp")]
    [InlineData("--Operator:FeedListen=TAKEN", "Operator:FeedListen is \"TAKEN\", which cannot be listened on: Address already in use; end the program that listens there")]
    public async Task An_operator_says_what_to_write_instead(string argument, string sentence) =>
        await AssertRefusedAsync("operator", sentence, [.. OperatorArguments, Fill(argument)]);

    [Theory]
    [InlineData("--Exec:LogCommands=yes", "Exec:LogCommands is \"yes\"; write true or false")]
    [InlineData("--Exec:Listen=TAKEN", "Exec:Listen is \"TAKEN\", which cannot be listened on: Address already in use; end the program that listens there")]
    [InlineData("--Exec:UserCa=CUT", "Exec:UserCa: the file 'CUT' cannot be used: line 1: ")]
    [InlineData("--Exec:UserCa=@fifo", "Exec:UserCa: @fifo: is no regular file")]
    [InlineData("--Exec:HostKeys:0=CUT", "Exec:HostKeys: the private key file 'CUT' cannot be used: it is cut short")]
    [InlineData("--Exec:Kubeconfig=/nowhere/kubeconfig", "the kubeconfig /nowhere/kubeconfig: there")]
    [InlineData("--Proxy:Listen=[::]:2222", "--Proxy:Listen on the command line is no setting; write --config=<file> or --Exec:<setting>=<value>")]
    public async Task A_relay_says_what_to_write_instead(string argument, string sentence) =>
        await AssertRefusedAsync("exec", sentence, [.. await RelayArgumentsAsync(), Fill(argument)]);

    [Theory]
    [InlineData("{\"Proxies\": {\"Listen\": \"[::]:22\"}}", "FILE: there is no section \"Proxies\"; did you mean Proxy?")]
    [InlineData("{\"Proxy\": {\"DrainTimeout\": 60}}", "Proxy:DrainTimeout is \"60\"; write a time as hh:mm:ss or d.hh:mm:ss, such as 00:01:00")]
    [InlineData("{\"Proxy\": {\"Penalties\": null}}", "Proxy:Penalties is null; write a value, or leave the key out")]
    public async Task A_file_is_named_with_what_to_write_instead(string content, string sentence)
    {
        _directory.Write("proxy.json", content);
        string file = _directory.File("proxy.json");
        await AssertRefusedAsync("proxy", sentence.Replace("FILE", file, StringComparison.Ordinal), [.. await ProxyArgumentsAsync(), $"--config={file}"]);
    }

    [Fact]
    public async Task A_misspelt_section_in_the_environment_is_named()
    {
        CommandResult result = await RunAsync("proxy", await ProxyArgumentsAsync(), new Dictionary<string, string> { ["Proxies__Listen"] = "[::]:22" });
        AssertRefused(result, "Proxies:Listen: there is no section \"Proxies\"; write Proxy:Listen, or Proxy__Listen as an environment variable");
    }

    private string[] OperatorArguments =>
        [$"--Operator:Directory={_directory.Path}", "--Operator:FeedInsecure=true", "--Operator:FeedListen=127.0.0.1:0", "--Operator:HttpListen=127.0.0.1:0"];

    private async Task<string[]> ProxyArgumentsAsync()
    {
        KeyPair key = await KeyPair.GenerateAsync(_directory.Path, "key");
        string text = await File.ReadAllTextAsync(key.PrivateFile);
        _directory.Write("cut", text[..(text.Length / 2)]);
        await Command.OutputAsync("mkfifo", _directory.File("fifo"));
        return
        [
            "--Proxy:Listen=127.0.0.1:0", "--Proxy:HttpListen=127.0.0.1:0", $"--Proxy:HostKeys:0={key.PrivateFile}", $"--Proxy:UserCaKey={key.PrivateFile}",
            "--Proxy:Operators:0=127.0.0.1:1", "--Proxy:OperatorInsecure=true",
        ];
    }

    private async Task<string[]> RelayArgumentsAsync()
    {
        string[] keys = await ProxyArgumentsAsync();
        string key = keys.Single(argument => argument.StartsWith("--Proxy:UserCaKey=", StringComparison.Ordinal)).Split('=')[1];
        _directory.Write("kubeconfig", """
            {"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}], "users": [{"name": "u", "user": {"token": "t"}}],
             "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}
            """);
        return
        [
            "--Exec:Listen=127.0.0.1:0", "--Exec:HttpListen=127.0.0.1:0", $"--Exec:HostKeys:0={key}", $"--Exec:UserCa={key}.pub",
            "--Exec:Operators:0=127.0.0.1:1", "--Exec:OperatorInsecure=true", $"--Exec:Kubeconfig={_directory.File("kubeconfig")}",
        ];
    }

    private string Fill(string text) => text.Replace("TAKEN", Taken, StringComparison.Ordinal)
        .Replace("CUT", _directory.File("cut"), StringComparison.Ordinal).Replace("@fifo", _directory.File("fifo"), StringComparison.Ordinal);

    private async Task AssertRefusedAsync(string program, string sentence, string[] arguments) =>
        AssertRefused(await RunAsync(program, arguments), Fill(sentence));

    private static void AssertRefused(CommandResult result, string sentence)
    {
        Assert.Equal((false, 1), (result.TimedOut, result.ExitCode));
        Assert.StartsWith(sentence, result.ErrorText, StringComparison.Ordinal);
        Assert.Single(result.ErrorText.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", result.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.ToString(), StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment = null) => GatewayProgram.RunAsync(
        program, arguments, TimeSpan.FromMinutes(5), environment);
}
