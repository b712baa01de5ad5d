using Microsoft.Extensions.Logging;

namespace DevicePlugin.Nomad.Services;

/// <summary>
/// Builds the messages of one stream. One that cannot be built is left out and the stream continues: if it ended, Nomad would
/// lose the devices. A lasting fault is logged when it begins.
/// </summary>
internal sealed class MessageMaker(string stream, ILogger logger)
{
    private bool _isFailing;

    /// <summary>Null after a fault.</summary>
    public TMessage? Make<T, TMessage>(T told, Func<T, TMessage> make)
        where TMessage : class
    {
        try
        {
            var message = make(told);
            _isFailing = false;
            return message;
        }
        catch (Exception exception)
        {
            if (!_isFailing)
            {
                logger.MessageNotMade(stream, exception);
            }

            _isFailing = true;
            return null;
        }
    }
}
