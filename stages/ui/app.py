"""The web UI, `make ui`: the pages, and what all of them share."""

import streamlit as st

from stages.adapters.paths import ROOT
from stages.domain.errors import UserError
from stages.ui import campaign, customer, health, look, overview, segments, try_model

ICON = str(ROOT / "stages" / "ui" / "icon.svg")
PAGES = [
    st.Page(overview.show, title="Overview", default=True),
    st.Page(customer.show, title="Customer", url_path="customer"),
    st.Page(segments.show, title="Segments", url_path="segments"),
    st.Page(campaign.show, title="Campaign", url_path="campaign"),
    st.Page(try_model.show, title="Test the model", url_path="test"),
    st.Page(health.show, title="Health", url_path="health"),
]

page = st.navigation(PAGES, position="hidden")
st.set_page_config(
    page_title=f"{page.title} · Purchasing capability",
    page_icon=ICON,  # else the browser asks a font server for one
    layout="wide",
)
with st.container(horizontal=True, gap="small"):
    for each in PAGES:  # a menu would stay open over the page on a phone
        st.page_link(each, width="content")
st.title(page.title)
try:
    page.run()
    look.footer()
except UserError as error:
    look.to_do(error)
