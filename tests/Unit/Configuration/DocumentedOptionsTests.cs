using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SshGateway.Exec.Configuration;
using SshGateway.Hosting;
using SshGateway.Operator.Configuration;
using SshGateway.Proxy.Configuration;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Configuration;

/// <summary>docs/configuration.md lists exactly the keys that there are, and each of them can be set.</summary>
public sealed partial class DocumentedOptionsTests
{
    private static readonly Dictionary<string, string> Required = new()
    {
        ["Proxy:HostKeys:0"] = "/keys/host",
        ["Proxy:UserCaKey"] = "/keys/ca",
        ["Proxy:Operators:0"] = "127.0.0.1:7443",
        ["Proxy:OperatorCA"] = "/keys/operator-ca",
        ["Proxy:OperatorToken"] = "/keys/token",
        ["Exec:HostKeys:0"] = "/keys/relay",
        ["Exec:UserCa"] = "/keys/user_ca.pub",
        ["Exec:Operators:0"] = "127.0.0.1:7443",
        ["Exec:OperatorCA"] = "/keys/operator-ca",
        ["Exec:OperatorToken"] = "/keys/token",
        ["Operator:Source"] = "Kubernetes",
        ["Operator:Namespaces:0"] = "claude-sessions",
        ["Operator:FeedJwks"] = "jwks.json",
        ["Operator:FeedIssuer"] = "https://issuer",
    };

    // Values that can be used, where none can be made from the default.
    private static readonly Dictionary<string, string> Values = new()
    {
        ["Proxy:Listen"] = "127.0.0.1:2022",
        ["Proxy:HttpListen"] = "127.0.0.1:8099",
        ["Proxy:OtlpEndpoint"] = "http://127.0.0.1:4317",
        ["Proxy:ProxyProtocolFrom"] = "10.0.0.0/8",
        ["Proxy:PenaltyExempt"] = "10.0.0.0/8",
        ["Proxy:Operators"] = "127.0.0.1:7444",
        ["Proxy:ExecRelays"] = "relay:2222",
        ["Proxy:KexAlgorithms"] = "curve25519-sha256",
        ["Proxy:Ciphers"] = "aes128-ctr",
        ["Proxy:Macs"] = "hmac-sha2-256",
        ["Proxy:RekeyBytes"] = "65536",
        ["Exec:Listen"] = "127.0.0.1:2023",
        ["Exec:HttpListen"] = "127.0.0.1:8099",
        ["Exec:OtlpEndpoint"] = "http://127.0.0.1:4317",
        ["Exec:Operators"] = "127.0.0.1:7444",
        ["Proxy:RecordingFailure"] = "Continue",
        ["Proxy:RecordingMaxFileSize"] = "65536",
        ["Proxy:RecordingMinFreeSpace"] = "0",
        ["Operator:Source"] = "Kubernetes",
        ["Operator:Directory"] = Path.GetTempPath(),
        ["Operator:FeedListen"] = "127.0.0.1:7999",
        ["Operator:HttpListen"] = "127.0.0.1:8099",
        ["Operator:OtlpEndpoint"] = "http://127.0.0.1:4317",
        ["Operator:InternalListen"] = "127.0.0.1:7998",
        ["Operator:InternalCallers"] = "tars:tars",
        ["Operator:PodNetworks"] = "10.244.0.0/16",
    };

    // Keys that exclude each other or need each other: what is left out, and what is set besides.
    private static readonly Dictionary<string, (string[] Without, (string Key, string Value)[] With)> Together = new()
    {
        ["Proxy:GatewayKey"] = (["Proxy:UserCaKey"], []),
        ["Proxy:ExecRelays"] = ([], [("Proxy:ExecRelayHostKeys", "/keys/relays")]),
        ["Proxy:ExecRelayHostKeys"] = ([], [("Proxy:ExecRelays:0", "relay:2222")]),
        ["Operator:AllNamespaces"] = (["Operator:Namespaces:0"], []),
        ["Operator:InternalCallers"] = ([], [("Operator:InternalListen", "127.0.0.1:7998")]),
        ["Operator:FeedCertificate"] = ([], [("Operator:FeedCertificateKey", "tls.key")]),
        ["Operator:FeedCertificateKey"] = ([], [("Operator:FeedCertificate", "tls.crt")]),
    };

    public static TheoryData<string> Documented => [.. FindDocumented()];

    [Fact]
    public void Every_key_is_documented_and_every_documented_key_is_there()
    {
        IEnumerable<string> keys =
        [
            .. OptionsSection.FindKeys<OperatorOptions>().Select(key => $"{OperatorOptions.Section}:{key}"),
            .. OptionsSection.FindKeys<ProxyOptions>().Select(key => $"{ProxyOptions.Section}:{key}"),
            .. OptionsSection.FindKeys<ExecOptions>().Select(key => $"{ExecOptions.Section}:{key}"),
        ];
        Assert.Equal(keys.Order(StringComparer.Ordinal), FindDocumented().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Documented))]
    public void Every_documented_key_can_be_set(string key)
    {
        object defaults = key.Split(':')[0] switch
        {
            ProxyOptions.Section => new ProxyOptions(),
            ExecOptions.Section => new ExecOptions(),
            _ => new OperatorOptions(),
        };
        PropertyInfo property = defaults.GetType().GetProperty(key.Split(':')[1])!;
        string value = Values.GetValueOrDefault(key) ?? Another(property.GetValue(defaults));
        var settings = new Dictionary<string, string>(Required);
        (string[] without, (string Key, string Value)[] with) = Together.GetValueOrDefault(key, ([], []));
        foreach (string left in without)
        {
            settings.Remove(left);
        }
        bool isList = property.PropertyType == typeof(IList<string>);
        foreach ((string name, string set) in (IEnumerable<(string, string)>)[.. with, (isList ? $"{key}:0" : key, value)])
        {
            settings[name] = set;
        }
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings!).Build();

        object options = defaults switch
        {
            ProxyOptions => ProxyOptionsReader.Read(configuration),
            ExecOptions => ExecOptionsReader.Read(configuration),
            _ => OperatorOptionsReader.Read(configuration),
        };

        Assert.Equal(value, isList ? Assert.Single((IList<string>)property.GetValue(options)!) : Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> FindDocumented() =>
        Row().Matches(File.ReadAllText(Repository.File("docs/configuration.md"))).Select(row => row.Groups[1].Value);

    private static string Another(object? value) => value switch
    {
        bool flag => (!flag).ToString(),
        int number => (number - 1).ToString(CultureInfo.InvariantCulture),
        TimeSpan time => (time - TimeSpan.FromSeconds(1)).ToString(),
        _ => "another",
    };

    [GeneratedRegex(@"^\| `((?:Operator|Proxy|Exec):\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
