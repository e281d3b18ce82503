"""How clients find relays and control: names, clocks."""
