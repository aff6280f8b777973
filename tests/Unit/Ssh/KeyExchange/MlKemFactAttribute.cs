using System.Security.Cryptography;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

/// <summary>A test that needs ML-KEM.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MlKemFactAttribute : FactAttribute
{
    public MlKemFactAttribute() => Skip = MLKem.IsSupported ? null : "needs OpenSSL 3.5 or later, which has ML-KEM";
}
