using System.Globalization;
using Xunit;

namespace SshGateway.Tests.Support.Fuzzing;

/// <summary>
/// How much is tried, and what happens to an input that breaks something. In make test a fixed seed and a fixed number
/// of inputs; scripts/fuzz gives seeds (FUZZ_SEED) and a time for each parser (FUZZ_SECONDS), or one input that was
/// kept (FUZZ_INPUT).
/// </summary>
internal static class FuzzRun
{
    private const int Inputs = 10_000;

    // For one input, on a machine that is busy with other things.
    private static readonly TimeSpan MaxParse = TimeSpan.FromSeconds(20);

    public static int Seed { get; } = Number("FUZZ_SEED", 1);

    private static int Seconds { get; } = Number("FUZZ_SECONDS", 0);

    /// <summary>
    /// Gives damaged samples to the parser, which may refuse them in its own words and in no other way.
    /// </summary>
    /// <param name="name">Names the file that keeps an input.</param>
    /// <param name="samples">Good inputs.</param>
    /// <param name="parse">What reads them.</param>
    /// <param name="isRefusal">Whether an exception is how the parser refuses.</param>
    /// <param name="isText">The damage is what people do to a file, rather than what a peer does to a message.</param>
    public static void Parse(
        string name, IReadOnlyList<byte[]> samples, Action<byte[]> parse, Func<Exception, bool> isRefusal, bool isText = false)
    {
        if (Environment.GetEnvironmentVariable("FUZZ_INPUT") is { Length: > 0 } kept)
        {
            ParseKept(name, kept, parse, isRefusal);
            return;
        }

        Mutator mutator = new(Seed);
        (int Number, byte[] Bytes) current = (0, []);
        using Timer watch = Watch(() => Keep(name, current.Number, current.Bytes), () => current.Number);
        long ends = Environment.TickCount64 + (1000L * Seconds);
        int refused = 0;
        int tried = 0;
        for (; Seconds > 0 ? Environment.TickCount64 < ends : tried < Inputs; tried++)
        {
            byte[] input = isText ? mutator.NextText(samples) : mutator.Next(samples);
            current = (tried, input);
            try
            {
                parse(input);
            }
            catch (Exception refusal) when (isRefusal(refusal))
            {
                refused++;
            }
            catch (Exception broken)
            {
                Assert.Fail($"Seed {Seed}, input {tried}, kept as {Keep(name, tried, input)}: {broken}");
            }
        }

        // Neither "refuses everything" nor "takes everything" would try the parser.
        Assert.InRange(refused, 1, tried - 1);
    }

    private static void ParseKept(string name, string file, Action<byte[]> parse, Func<Exception, bool> isRefusal)
    {
        if (!Path.GetFileName(file).StartsWith(FilePrefix(name), StringComparison.Ordinal))
        {
            return;
        }

        try
        {
            parse(File.ReadAllBytes(file));
        }
        catch (Exception refusal) when (isRefusal(refusal))
        {
        }
    }

    /// <summary>Ends the process when the parser stays at one input: nothing else would end it.</summary>
    private static Timer Watch(Func<string> keep, Func<int> current)
    {
        int last = -1;
        return new Timer(
            _ =>
            {
                int now = current();
                if (now == last)
                {
                    Environment.FailFast($"FUZZ: no end of input {now} with seed {Seed}, kept as {keep()}");
                }

                last = now;
            },
            null,
            MaxParse,
            MaxParse);
    }

    private static string FilePrefix(string name) => name.Replace(' ', '-') + "_";

    private static string Keep(string name, int number, byte[] input)
    {
        string folder = Directory.CreateDirectory(Repository.File(".fuzz")).FullName;
        string file = Path.Combine(folder, $"{FilePrefix(name)}{Seed}-{number}.bin");
        File.WriteAllBytes(file, input);
        return file;
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
