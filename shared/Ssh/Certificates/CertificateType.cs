namespace SshGateway.Ssh.Certificates;

/// <summary>What a certificate is for: OpenSSH PROTOCOL.certkeys.</summary>
internal enum CertificateType : uint
{
    User = 1,
    Host = 2,
}
