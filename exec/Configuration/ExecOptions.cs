namespace SshGateway.Exec.Configuration;

/// <summary>The section <c>Exec</c> of the configuration; docs/configuration.md describes each key.</summary>
internal sealed class ExecOptions
{
    public const string Section = "Exec";

    public string Listen { get; set; } = "[::]:2223";

    public string HttpListen { get; set; } = "127.0.0.1:8082";

    /// <summary>Empty: metrics are not sent anywhere.</summary>
    public string OtlpEndpoint { get; set; } = "";

    public string Id { get; set; } = Environment.MachineName;

    public IList<string> HostKeys { get; } = [];

    /// <summary>The file with the public keys of the CA that signs the proxies' certificates.</summary>
    public string UserCa { get; set; } = "";

    public IList<string> Operators { get; } = [];

    /// <summary>PEM: who may sign the operators' certificates.</summary>
    public string OperatorCA { get; set; } = "";

    /// <summary>The file of the token that tells the operators who this is.</summary>
    public string OperatorToken { get; set; } = "";

    public bool OperatorInsecure { get; set; }

    /// <summary>Kubeconfig files; empty: KUBECONFIG, then the pod's ServiceAccount, then ~/.kube/config.</summary>
    public string Kubeconfig { get; set; } = "";

    /// <summary>Connections at once, logged in or not.</summary>
    public int MaxConnections { get; set; } = 1000;

    /// <summary>Channels of one connection at once.</summary>
    public int MaxChannels { get; set; } = 32;

    /// <summary>Whether the log has the text of commands.</summary>
    public bool LogCommands { get; set; }

    /// <summary>How long new connections are still taken once the process is told to end and not ready.</summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long open connections may go on after that.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromMinutes(55);
}
