using SshGateway.Operator.Routing;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.Integration.Keys;

/// <summary>
/// A list's item is read as sshd reads an authorized_keys file with that text: a login at a real sshd is the judge.
/// </summary>
public sealed class KeyLineVerdictTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, KeyPair> _keys = [];

    // What sshd takes and the gateway does not. Each has a reason.
    private static readonly HashSet<string> Deliberate =
    [
        // Options would have to be kept, and the gateway keeps none: to take the key without them would be more than
        // its owner allowed.
        "restrict {key}",
        "command=\"/bin/true\" {key}",
        "no-pty,environment=\"A=b c\"\t{key}",
        // Weaker than the gateway allows.
        "{rsa1024}",
    ];

    [RealSshTheory("sshd", "ssh")]
    [InlineData("{key}")]
    [InlineData("{key}\n")]
    [InlineData("{key}\r\n")]
    [InlineData("{key}\r")]
    [InlineData("\n\n{key}\n\n")]
    [InlineData("# a comment\n{key}\n")]
    [InlineData("  # a comment\n{key}")]
    [InlineData("#{key}")]
    [InlineData("\r\n{key}\r\n")]
    [InlineData("  {key}")]
    [InlineData("\t{key}")]
    [InlineData("{type}\t{base64}")]
    [InlineData("{type}   {base64}   comment")]
    [InlineData("{type} \t {base64}\t \tcomment")]
    [InlineData("{key} a comment of many words = \"and\" 'quotes' # \\ ;")]
    [InlineData("{key} jürgen ✓ 日本")]
    [InlineData("{key} tab\tand\u00a0no-break space")]
    [InlineData("{key} \u001b[31mred")]
    [InlineData("{key} # not a comment of ours")]
    [InlineData("not a key\n{key}")]
    [InlineData("ssh-ed25519 AAAA\n{key}")]
    [InlineData("{key}\n-----BEGIN nonsense-----")]
    [InlineData("{other}\n{key}")]
    [InlineData("{key}\r{other}")]
    [InlineData("\u00a0{key}")]
    [InlineData("\ufeff{key}")]
    [InlineData("\v{key}")]
    [InlineData("\r{key}")]
    [InlineData("{type}\n{base64}")]
    [InlineData("{type}\u00a0{base64}")]
    [InlineData("{type}\v{base64}")]
    [InlineData("{base64}")]
    [InlineData("{type}")]
    [InlineData("{type} {base64}=")]
    [InlineData("{type} {short}")]
    [InlineData("{type} {short} {tail}")]
    [InlineData("SSH-ED25519 {base64}")]
    [InlineData("ssh-rsa {base64}")]
    [InlineData("{type},{type} {base64}")]
    [InlineData("\"{key}\"")]
    [InlineData("- {key}")]
    [InlineData("{ecdsa}")]
    [InlineData("{rsa}")]
    [InlineData("{rsa-as-sha2}")]
    [InlineData("{rsa-unpadded}")]
    [InlineData("{rsa1024}")]
    [InlineData("cert-authority {key}")]
    [InlineData("restrict {key}")]
    [InlineData("restrict\n{key}")]
    [InlineData("command=\"/bin/true\" {key}")]
    [InlineData("no-pty,environment=\"A=b c\"\t{key}")]
    [InlineData("nonsense=1 {key}")]
    public async Task The_gateway_takes_what_sshd_takes(string item)
    {
        KeyPair key = _keys.GetValueOrDefault(item[(item.IndexOf('{', StringComparison.Ordinal) + 1)..item.IndexOf('}', StringComparison.Ordinal)].Split('-')[0]) ?? _keys["key"];
        string text = Fill(item);
        bool sshd = await LogsInAsync(key, text);
        List<string> problems = [];

        IReadOnlyList<SshPublicKey> read = KeyLines.Parse("authorizedKeys", [text], 16, problems);

        bool isTaken = read.Any(k => k.Fingerprint == key.Fingerprint);
        Assert.True(isTaken == (sshd && !Deliberate.Contains(item)), $"sshd: {sshd}; the gateway: {isTaken}; {string.Join("; ", problems)}");
        // What is not taken is told, but for comments.
        Assert.True(isTaken || problems.Count > 0 || item.StartsWith('#'), "nobody is told why");
    }

    [RealSshFact("sshd", "ssh")]
    public async Task Every_key_of_an_item_of_several_lines_logs_in_and_a_bad_one_is_named_by_its_line()
    {
        string text = Fill("# people\n{key}\nssh-ed25519 broken\n\n{ecdsa}\n");
        List<string> problems = [];

        IReadOnlyList<SshPublicKey> read = KeyLines.Parse("authorizedKeys", [text], 16, problems);

        Assert.Equal([_keys["key"].Fingerprint, _keys["ecdsa"].Fingerprint], read.Select(k => k.Fingerprint));
        Assert.True(await LogsInAsync(_keys["key"], text));
        Assert.True(await LogsInAsync(_keys["ecdsa"], text));
        Assert.StartsWith("authorizedKeys[0], line 3: this key is skipped: ", Assert.Single(problems), StringComparison.Ordinal);
    }

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory("/run/sshd");
        foreach ((string name, string type, int? bits) in new (string, string, int?)[]
        {
            ("host", "ed25519", null), ("key", "ed25519", null), ("other", "ed25519", null), ("ecdsa", "ecdsa", 256), ("rsa", "rsa", 2048), ("rsa1024", "rsa", 1024),
        })
        {
            _keys[name] = await KeyPair.GenerateAsync(_directory.Path, name, type, bits);
        }
        _directory.Write("sshd_config", $"""
            HostKey {_keys["host"].PrivateFile}
            AuthorizedKeysFile {_directory.File("authorized_keys")}
            AuthenticationMethods publickey
            PermitRootLogin yes
            StrictModes no
            UsePAM no
            PidFile none
            """ + "\n");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _directory.Dispose();

    private string Fill(string item)
    {
        string[] words = _keys["key"].PublicLine.Split(' ');
        string[] rsa = _keys["rsa"].PublicLine.Split(' ');
        return item
            .Replace("{key}", $"{words[0]} {words[1]}", StringComparison.Ordinal)
            .Replace("{type}", words[0], StringComparison.Ordinal)
            .Replace("{base64}", words[1], StringComparison.Ordinal)
            .Replace("{short}", words[1][..^8], StringComparison.Ordinal)
            .Replace("{tail}", words[1][^8..], StringComparison.Ordinal)
            .Replace("{rsa-as-sha2}", $"rsa-sha2-512 {rsa[1]}", StringComparison.Ordinal)
            .Replace("{rsa-unpadded}", $"{rsa[0]} {rsa[1].TrimEnd('=')}", StringComparison.Ordinal)
            .Replace("{other}", _keys["other"].PublicLine, StringComparison.Ordinal)
            .Replace("{ecdsa}", _keys["ecdsa"].PublicLine, StringComparison.Ordinal)
            .Replace("{rsa1024}", _keys["rsa1024"].PublicLine, StringComparison.Ordinal)
            .Replace("{rsa}", _keys["rsa"].PublicLine, StringComparison.Ordinal);
    }

    // sshd on its standard input, as inetd starts it: no port, no daemon.
    private async Task<bool> LogsInAsync(KeyPair key, string text)
    {
        await File.WriteAllTextAsync(_directory.File("authorized_keys"), text);
        CommandResult login = await Command.RunAsync(
            "ssh",
            [
                "-F", "none", "-i", key.PrivateFile, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes", "-o", "RequiredRSASize=1024",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", $"ProxyCommand={Tools.Find("sshd")} -i -f {_directory.File("sshd_config")}",
                "root@sshd", "true",
            ]);
        Assert.True(login.Succeeded || login.ErrorText.Contains("Permission denied (publickey)", StringComparison.Ordinal), login.ToString());
        return login.Succeeded;
    }
}
