using Spectre.Console;

namespace DevicePlugin.Output;

/// <summary>The one look of tables: a header over rows, no frame, so that a table survives a pipe and a mail.</summary>
internal static class PlainTable
{
    public static Table Create(params IEnumerable<string> headers)
    {
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        foreach (var header in headers)
        {
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Dim)))
            {
                Padding = new Padding(0, 0, 2, 0),
                NoWrap = true,
            });
        }

        return table;
    }

    public static void Write(IAnsiConsole console, Table table) =>
        console.Write(new Padder(table, new Padding(2, 0, 0, 0)));
}
