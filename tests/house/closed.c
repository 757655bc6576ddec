/* Linked with one room whole and with what that room may use, and with nothing else: it does not link when some line of
   the room calls what the drawing forbids. */
int main(void)
{
    return 0;
}
