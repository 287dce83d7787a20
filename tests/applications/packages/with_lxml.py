from lxml import etree

SHEET = """
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="/books"><ul><xsl:apply-templates/></ul></xsl:template>
  <xsl:template match="book"><li><xsl:value-of select="@title"/></li></xsl:template>
</xsl:stylesheet>
"""


def answer():
    """A document, transformed by a style sheet."""
    books = etree.XML('<books><book title="Emma"/><book title="Caf\u00e9"/></books>')
    transform = etree.XSLT(etree.XML(SHEET))
    return etree.tostring(transform(books), encoding="unicode")
