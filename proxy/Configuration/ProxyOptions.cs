
namespace SshGateway.Proxy.Configuration;

/// <summary>The section <c>Proxy</c> of the configuration; docs/configuration.md describes each key.</summary>
internal sealed class ProxyOptions
{
    public const string Section = "Proxy";

    public string Listen { get; set; } = "[::]:2222";

    /// <summary>Networks whose connections begin with a PROXY header.</summary>
    public IList<string> ProxyProtocolFrom { get; } = [];

    public string HttpListen { get; set; } = "127.0.0.1:8080";

    /// <summary>Empty: metrics are not sent anywhere.</summary>
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>Whether the collector gets a trace of each login, too.</summary>
    public bool OtlpTraces { get; set; }

    public string Id { get; set; } = Environment.MachineName;

    public IList<string> HostKeys { get; } = [];

    /// <summary>The key that signs the certificates for pods; empty where <see cref="GatewayKey"/> is used.</summary>
    public string UserCaKey { get; set; } = "";

    /// <summary>The key that pods have in authorized_keys; empty: there is a <see cref="UserCaKey"/>.</summary>
    public string GatewayKey { get; set; } = "";

    /// <summary>Where the exec relays are, for pods without sshd; empty: there are none.</summary>
    public IList<string> ExecRelays { get; } = [];

    /// <summary>The relays' public host keys: a file, or a directory of <c>*.pub</c>.</summary>
    public string ExecRelayHostKeys { get; set; } = "";

    /// <summary>A file of keys that may not log in; empty: none.</summary>
    public string RevokedKeys { get; set; } = "";

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

    /// <summary>Bits of an IPv4 address that make a source, for all limits per source.</summary>
    public int SourcePrefixIPv4 { get; set; } = 32;

    /// <summary>Bits of an IPv6 address that make a source.</summary>
    public int SourcePrefixIPv6 { get; set; } = 64;

    /// <summary>Clients at once, logged in or not.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Clients that are not logged in yet.</summary>
    public int MaxUnauthenticated { get; set; } = 1000;

    /// <summary>Clients of one source that are not logged in yet.</summary>
    public int MaxUnauthenticatedPerSource { get; set; } = 100;

    /// <summary>Bytes under way in each direction of a client's connection; 0: the kernel decides.</summary>
    public int ClientWindow { get; set; } = 1024 * 1024;

    /// <summary>The same of a connection to a pod, which is near.</summary>
    public int PodWindow { get; set; } = 256 * 1024;

    /// <summary>Whether sources whose logins fail are refused for a while.</summary>
    public bool Penalties { get; set; } = true;

    /// <summary>Networks whose failures are not counted.</summary>
    public IList<string> PenaltyExempt { get; } = [];

    /// <summary>After how long a peer that does not acknowledge, or take, what is sent to it is gone.</summary>
    public TimeSpan PeerTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// After how long a client is gone to which nothing is sent and which answers no keep-alive probe. The default is
    /// when Linux gives a connection of sshd up by
    /// default: probes begin after two hours, and the last of nine has 75 s, too.
    /// </summary>
    public TimeSpan UnreachableClientTimeout { get; set; } = TimeSpan.FromSeconds(7200 + (9 * 75));

    /// <summary>How long a login waits for a handshake slot of its pod, and then for handshake and login.</summary>
    public TimeSpan PodLoginTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Microseconds for which an event loop may look for events before it sleeps; 0: not at all.</summary>
    public int BusyPoll { get; set; } = 100;

    /// <summary>Logins under way at once at one pod, from this proxy; more wait.</summary>
    public int HandshakesPerPod { get; set; } = 4;

    /// <summary>Passthrough connections open at once from one source.</summary>
    public int PassthroughPerSource { get; set; } = 32;

    /// <summary>Passthrough connections to one pod that may not have logged in yet.</summary>
    public int PassthroughPerPod { get; set; } = 5;

    /// <summary>A file, "-" for standard output, or empty: none.</summary>
    public string AuditLog { get; set; } = "";

    /// <summary>How long new clients are still taken once the process is told to end and not ready.</summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long open connections may go on after that.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromMinutes(55);

    /// <summary>How long a login waits for a pod that is on its way; zero: not at all.</summary>
    public TimeSpan WaitForPod { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Where sessions are recorded; empty: none can be.</summary>
    public string RecordingDirectory { get; set; } = "";

    /// <summary>What becomes of a connection that cannot be recorded: Refuse or Continue.</summary>
    public string RecordingFailure { get; set; } = "Refuse";

    /// <summary>Whether what users type is recorded: passwords, too.</summary>
    public bool RecordingInput { get; set; }

    /// <summary>Bytes after which a recording goes on in another file.</summary>
    public long RecordingMaxFileSize { get; set; } = 256 * 1024 * 1024;

    /// <summary>Bytes that recordings leave free on their file system.</summary>
    public long RecordingMinFreeSpace { get; set; } = 512 * 1024 * 1024;

    /// <summary>How long the file system may take for one write.</summary>
    public TimeSpan RecordingTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
