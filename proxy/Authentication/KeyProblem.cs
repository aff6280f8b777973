using SshGateway.Feed;

namespace SshGateway.Proxy.Authentication;

/// <summary>Why a key, or the certificate that it came in, does not open a session.</summary>
/// <param name="Reason">For counting.</param>
/// <param name="Description">For people, to follow "the key" or "the certificate".</param>
internal sealed record KeyProblem(KeyRefusal Reason, string Description);
