using System.Globalization;
using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Output;

namespace DevicePlugin.Watching;

/// <summary>A snapshot as lines to be read one after the other, for a pipe, a file or a terminal without a cursor.</summary>
internal static class WatchLines
{
    private static readonly WatchColumns Columns = new(WatchGlyphs.Ascii);

    public static IEnumerable<string> Of(WatchSnapshot snapshot)
    {
        var time = snapshot.Time.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        if (snapshot.Rows.IsEmpty)
        {
            return [$"{time}  {Why(snapshot.Driver)}"];
        }

        var columns = Columns.All.Where(column => column.Draw is null).ToArray();
        var widths = Array.ConvertAll(columns, column => column.LongestText(snapshot.Rows));
        return snapshot.Rows.Select(row => Line(time, row, columns, widths));
    }

    private static string Line(string time, WatchRow row, WatchColumn[] columns, int[] widths)
    {
        var line = new StringBuilder(time);
        for (var i = 0; i < columns.Length; i++)
        {
            var text = PrintableText.Of(columns[i].Text(row));
            line.Append("  ").Append(columns[i].IsRightAligned ? text.PadLeft(widths[i]) : text.PadRight(widths[i]));
        }

        if (row.Health.State != HealthState.Healthy)
        {
            line.Append("  ").Append(PrintableText.Of(row.Health.Description));
        }

        return line.ToString().TrimEnd();
    }

    private static string Why(DriverStatus? driver) => driver is null or { IsLoaded: true }
        ? "no GPUs"
        : PrintableText.Of($"no driver ({DriverStateWord.Of(driver.State)}): {driver.Reason}");
}
