using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using Xunit;

namespace SshGateway.Tests.Unit.Keys;

/// <summary>
/// Weak RSA keys are refused, and so are those that take long to verify: the time grows with the square of the size.
/// </summary>
public sealed class RsaKeySizeTests
{
    [Theory]
    [InlineData(2047, false)]
    [InlineData(2048, true)]
    [InlineData(8192, true)]
    [InlineData(8193, false)]
    [InlineData(16_384, false)]
    [InlineData(65_536, false)]
    public void The_size_of_an_RSA_key_is_bounded(int bits, bool isTaken)
    {
        byte[] modulus = new byte[(bits + 7) / 8];
        Array.Fill(modulus, (byte)0xff);
        modulus[0] = (byte)(0xff >> ((8 - (bits % 8)) % 8));
        byte[] blob = new SshWriter().WriteString(SshKeyTypes.Rsa).WritePositiveMpint([1, 0, 1]).WritePositiveMpint(modulus).ToArray();
        Exception? refusal = Record.Exception(() => SshPublicKey.Parse(blob));
        Assert.Equal(isTaken ? null : $"an RSA key of {bits} bits; 2048 to 8192 are accepted", refusal?.Message);
    }
}
