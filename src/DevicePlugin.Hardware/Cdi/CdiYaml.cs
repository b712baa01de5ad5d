using System.Collections.Immutable;
using SharpYaml;
using SharpYaml.Events;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>
/// Reads the names in a spec in YAML event by event: nothing is built from what is skipped, and no alias is followed, so a
/// small file cannot become a large one.
/// </summary>
internal sealed class CdiYaml
{
    private readonly Func<ParsingEvent> _next;
    private readonly ImmutableHashSet<string>.Builder _names = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);

    private CdiYaml(Func<ParsingEvent> next) => _next = next;

    /// <exception cref="YamlException">The text is no YAML.</exception>
    /// <exception cref="FormatException">It is no spec, or says what it says in a way that is not read here.</exception>
    public static CdiSpecContent Read(string text)
    {
        using var reader = new StringReader(text);
        var parser = Parser.CreateParser(reader);
        return new CdiYaml(() => parser.MoveNext() && parser.Current is { } current
            ? current
            : throw new FormatException("it ends too early")).ReadSpec();
    }

    private CdiSpecContent ReadSpec()
    {
        while (_next() is var start and not MappingStart)
        {
            if (start is not (StreamStart or DocumentStart))
            {
                throw new FormatException("it is no mapping");
            }
        }

        string? kind = null;
        while (_next() is var key and not MappingEnd)
        {
            switch (TextOf(key))
            {
                case "kind":
                    kind = TextOf(_next());
                    break;
                case "devices":
                    ReadDevices(_next());
                    break;
                default:
                    Skip(_next());
                    break;
            }
        }

        return new CdiSpecContent(kind ?? throw new FormatException("it has no kind"), _names.ToImmutable());
    }

    private void ReadDevices(ParsingEvent list)
    {
        if (list is not SequenceStart)
        {
            throw new FormatException("its devices are no list");
        }

        while (_next() is var device and not SequenceEnd)
        {
            if (device is not MappingStart)
            {
                throw new FormatException("one of its devices is no mapping");
            }

            ReadDevice();
        }
    }

    private void ReadDevice()
    {
        while (_next() is var key and not MappingEnd)
        {
            if (TextOf(key) == "name")
            {
                _names.Add(TextOf(_next()));
            }
            else
            {
                Skip(_next());
            }
        }
    }

    // Merge keys and aliases would bring keys and values from elsewhere in the file.
    private static string TextOf(ParsingEvent node) => node is Scalar { Value: not "<<" } scalar
        ? scalar.Value
        : throw new FormatException("a key, its kind or a device's name is not plain text");

    private void Skip(ParsingEvent node)
    {
        for (var depth = ChangeOf(node); depth > 0; depth += ChangeOf(_next()))
        {
        }
    }

    private static int ChangeOf(ParsingEvent node) => node switch
    {
        MappingStart or SequenceStart => 1,
        MappingEnd or SequenceEnd => -1,
        _ => 0,
    };
}
