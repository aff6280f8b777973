using System.Text;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Authentication;

/// <summary>A login that a certificate of the gateway has proved.</summary>
/// <param name="Session">The session as it was then.</param>
/// <param name="Certificate">The verified certificate. Its key id names the person.</param>
/// <param name="ConnectionId">Names the connection in every log.</param>
internal sealed record ExecLogin(ExecSession Session, SshCertificate Certificate, string ConnectionId)
{
    private const string PortForwarding = "permit-port-forwarding";
    private const string Pty = "permit-pty";

    /// <summary>The key id, fit for a log.</summary>
    public string KeyId { get; } = PeerText.OneLine(Certificate.KeyId);

    /// <summary>The command that runs instead of what the client asks for; null: none is forced.</summary>
    public string? ForceCommand { get; } =
        Certificate.CriticalOptions.TryGetValue(CertificateOptions.ForceCommand, out byte[]? data) ? Encoding.UTF8.GetString(new SshReader(data).ReadString()) : null;

    /// <summary>Whether the client may have a terminal.</summary>
    public bool MayHaveTerminal => Certificate.Extensions.ContainsKey(Pty);

    /// <summary>Whether the client may forward ports.</summary>
    public bool MayForwardPorts => Certificate.Extensions.ContainsKey(PortForwarding);
}
