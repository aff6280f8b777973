namespace SshGateway.Proxy.Configuration;

/// <summary>The section <c>Proxy</c> of the configuration; docs/configuration.md describes each key.</summary>
internal sealed class ProxyOptions
{
    public const string Section = "Proxy";

    public string Listen { get; set; } = "[::]:2222";

    public string HttpListen { get; set; } = "127.0.0.1:8080";

    /// <summary>Empty: metrics are not sent anywhere.</summary>
    public string OtlpEndpoint { get; set; } = "";

    public string Id { get; set; } = Environment.MachineName;

    public IList<string> HostKeys { get; } = [];

    /// <summary>The key that signs the certificates for pods; empty where <see cref="GatewayKey"/> is used.</summary>
    public string UserCaKey { get; set; } = "";

    /// <summary>The key that pods have in authorized_keys; empty: there is a <see cref="UserCaKey"/>.</summary>
    public string GatewayKey { get; set; } = "";

    public IList<string> Operators { get; } = [];

    /// <summary>PEM: who may sign the operators' certificates.</summary>
    public string OperatorCA { get; set; } = "";

    /// <summary>The file of the token that tells the operators who this is.</summary>
    public string OperatorToken { get; set; } = "";

    public bool OperatorInsecure { get; set; }

    /// <summary>Offered to clients, in order of preference; empty: the default.</summary>
    public IList<string> KexAlgorithms { get; } = [];

    /// <inheritdoc cref="KexAlgorithms"/>
    public IList<string> Ciphers { get; } = [];

    /// <inheritdoc cref="KexAlgorithms"/>
    public IList<string> Macs { get; } = [];

    /// <summary>Bytes in one direction under one key; 0: what the cipher allows.</summary>
    public long RekeyBytes { get; set; }

    public TimeSpan KeyExchangeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public TimeSpan AuthenticationTimeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a login waits for a pod that is on its way; zero: not at all.</summary>
    public TimeSpan WaitForPod { get; set; } = TimeSpan.FromSeconds(60);
}
