using Microsoft.Extensions.Options;
using SshGateway.Shared.Ssh;

namespace SshGateway.Shared.Hosting;

/// <summary>Turns what stops a process at its start into sentences for whoever started it.</summary>
public static class StartupFailure
{
    /// <summary>Whether this is a fault of the configuration or the machine, which a stack trace would only hide.</summary>
    public static bool IsExplained(Exception exception) =>
        exception is OptionsValidationException or SshFormatException or InvalidDataException or FileNotFoundException or IOException or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" };

    public static void Print(Exception exception)
    {
        IEnumerable<string> sentences = exception is OptionsValidationException options ? options.Failures : [exception.Message];
        foreach (string sentence in sentences)
        {
            Console.Error.WriteLine(sentence);
        }
    }
}
