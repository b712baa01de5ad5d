using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Operating;

/// <summary>An operator's answer for people: what was done in lines, what is wrong in a table.</summary>
internal static class OperatorView
{
    private const string Nothing = "-";

    public static void Write(IAnsiConsole console, TextWriter errors, OperatorRequest request, OperatorAnswer answer)
    {
        if (answer.Problem is { } problem)
        {
            errors.WriteLine($"Not done: {problem}.");
        }
        else if (request.Verb == OperatorVerb.ListHealth)
        {
            WriteList(console, answer);
        }
        else
        {
            WriteDone(console, answer);
        }

        if (answer is { Problem: null, IsServed: false })
        {
            errors.WriteLine(request.Verb == OperatorVerb.ListHealth
                ? $"No plugin is running: this is what the records in \"{answer.Folder}\" say."
                : $"No plugin is running: the records in \"{answer.Folder}\" were changed, the next one takes them up.");
        }
        else
        {
            errors.WriteLine($"State folder: \"{answer.Folder}\".");
        }
    }

    private static void WriteDone(IAnsiConsole console, OperatorAnswer answer)
    {
        foreach (var gpu in answer.Gpus)
        {
            console.Profile.Out.Writer.WriteLine($"{gpu.Uuid}: {gpu.Done ?? "nothing to do"}");
        }
    }

    private static void WriteList(IAnsiConsole console, OperatorAnswer answer)
    {
        var output = console.Profile.Out.Writer;
        foreach (var gpu in answer.Gpus)
        {
            output.WriteLine($"{gpu.Uuid}  {gpu.State}");
            output.WriteLine(
                $"  {gpu.Name ?? "unknown model"}, index {gpu.Index?.ToString() ?? Nothing}, {gpu.PciBusId ?? "no PCI address"}, "
                + $"serial {gpu.BoardSerial ?? Nothing}");
            if (gpu.Cordon is { } cordon)
            {
                output.WriteLine($"  {cordon.Text}");
            }

            foreach (var cause in gpu.Causes)
            {
                var advice = cause.Advice.Length > 0 ? $"; {cause.Advice}" : "";
                var of = cause.Instance is { } instance ? $" of {instance}" : "";
                var notWithheld = cause.IsWithheld ? "" : " (not withheld)";
                output.WriteLine($"  {cause.Word}{of}{notWithheld}: {cause.Text}{advice}");
                output.WriteLine(
                    $"    since {UtcText.Of(cause.Since)}, last seen "
                    + $"{UtcText.Of(cause.LastSeen)}, {Counted.Of(cause.Occurrences, "time")}");
            }

            if (gpu is { Cordon: null, Causes.IsEmpty: true, State: "unhealthy" })
            {
                output.WriteLine($"  {gpu.Description}");
            }
        }

        if (answer.Gpus.IsEmpty)
        {
            output.WriteLine("No GPU is known.");
        }

        if (!answer.Exceptions.IsEmpty)
        {
            output.WriteLine($"Exceptions in the configuration: {string.Join(", ", answer.Exceptions)}");
        }
    }
}
