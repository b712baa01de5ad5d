using System.Globalization;
using Spectre.Console;

namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>The figures of the hardware probe, a GPU each, so that growth shows.</summary>
internal static class HardwareTables
{
    public static void WriteProbes(IReadOnlyList<(NodeShape Shape, ProbeFigures Figures)> probes)
    {
        WriteSteps("refresh", probes, figures => figures.Refresh);
        WriteSteps("sample", probes, figures => figures.Sample);
    }

    public static void WritePlugins(
        IReadOnlyList<Contender> plugins, IReadOnlyList<PluginFigures> figures, int gpus)
    {
        var table = NewTable($"as a plugin, {gpus} H100");
        foreach (var plugin in plugins)
        {
            AddColumn(table, plugin.Executable.Name);
        }

        if (plugins.Count > 1)
        {
            AddColumn(table, "ratio");
        }

        void Add(string name, string format, Func<PluginFigures, double> figure)
        {
            var row = figures.Select(plugin => Number(figure(plugin), format)).Prepend(name);
            table.AddRow([.. plugins.Count > 1 ? row.Append(Ratio(figure(figures[0]), figure(figures[1]))) : row]);
        }

        Add("launch to first inventory and statistics, ms", "0.0", plugin => plugin.Serving.TotalMilliseconds);
        Add("NVML calls until then, a GPU", "0.0", plugin => plugin.StartCalls / (double)gpus);
        Add("NVML calls a sample, a GPU", "0.00", plugin => plugin.Calls / gpus);
        Add("statistics with a value, a GPU", "0", plugin => plugin.Values);
        Add("NVML calls a value", "0.00", plugin => plugin.Calls / gpus / plugin.Values);
        Add("processor time a sample, a GPU, us", "0", plugin => plugin.Processor.TotalMicroseconds / gpus);
        Add("between samples (1 s asked for), ms", "0", plugin => plugin.Between.TotalMilliseconds);
        AnsiConsole.Write(table);
    }

    private static void WriteSteps(
        string name, IReadOnlyList<(NodeShape Shape, ProbeFigures Figures)> probes, Func<ProbeFigures, StepFigures> step)
    {
        var isSample = name == "sample";
        var table = NewTable(name);
        string[] columns = ["ms", .. isSample ? ["slowest, ms", "values"] : Array.Empty<string>(),
            "NVML calls a GPU", "processor us a GPU", "of one GPU's", "allocated kB a GPU", "of one GPU's"];
        foreach (var column in columns)
        {
            AddColumn(table, column);
        }

        foreach (var (shape, figures) in probes)
        {
            var one = probes.First(probe => probe.Shape.Template == shape.Template);
            var cost = step(figures);
            var first = step(one.Figures);
            string[] sampleCells = [Number(figures.SlowestSample, "0.0"), Number(figures.Values, "0")];
            table.AddRow(
            [
                shape.Name,
                Number(cost.Elapsed, "0.0"),
                .. isSample ? sampleCells : [],
                Number(cost.Calls / shape.Gpus, "0.00"),
                Number(cost.Processor / shape.Gpus * 1000, "0"),
                Ratio(cost.Processor / shape.Gpus, first.Processor / one.Shape.Gpus),
                Number(cost.Allocated / shape.Gpus / 1000, "0.00"),
                Ratio(cost.Allocated / shape.Gpus, first.Allocated / one.Shape.Gpus),
            ]);
        }

        AnsiConsole.Write(table);
    }

    private static Table NewTable(string name)
    {
        // A log file has no width of its own; 80 columns would break the rows.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
        return new Table().Border(TableBorder.Ascii).AddColumn(name);
    }

    private static void AddColumn(Table table, string name) =>
        table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());

    private static string Number(double value, string format) =>
        value.ToString(format, CultureInfo.InvariantCulture);

    private static string Ratio(double one, double other) => other > 0 ? $"{Number(one / other, "0.00")}x" : "";
}
